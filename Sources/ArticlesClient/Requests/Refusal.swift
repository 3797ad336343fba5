import Core
import NIOHTTP1

/// Reads what a server says when it refuses.
enum Refusal {
    static func error(status: HTTPResponseStatus, headers: HTTPHeaders, body: [UInt8], url: String) -> ClientError {
        if (300..<400).contains(status.code) {
            let place = headers.first(name: "location").map { " to \($0)" } ?? ""
            return .unexpectedAnswer(url: url, reason: "it redirects\(place)")
        }
        let problem = try? JSONParser.parse(body)
        let errors = (problem?["errors"]?.arrayValue ?? []).compactMap { error -> FieldError? in
            guard let field = error["field"]?.stringValue, let message = error["message"]?.stringValue else {
                return nil
            }
            return FieldError(field: field, message: message)
        }
        return .refused(
            status: Int(status.code), title: problem?["title"]?.stringValue ?? status.reasonPhrase,
            detail: problem?["detail"]?.stringValue ?? "", errors: errors,
            retryAfter: headers.first(name: "retry-after").flatMap { Int($0) })
    }
}
