import Core
import Foundation
import NIOHTTP1

/// What a server answers to one line of a batch.
public struct BatchLineAnswer: Sendable, Hashable {
    /// The line's number within the batch, from 1.
    public let line: Int
    /// 201, or 200 if the line was published before with the same key; else why not.
    public let status: Int
    /// The article's; `nil` if there is none.
    public let id: Int64?
    /// Why not.
    public let detail: String
}

extension ArticlesClient {
    /// Publishes many articles in one request. It can be repeated if the lines have keys.
    ///
    /// - Parameter lines: drafts as JSON objects, each perhaps with `key`, `published` and `author`.
    /// - Returns: an answer for each line, in order; fewer if the connection broke on the way.
    public func addBatch(_ lines: [[UInt8]]) async throws(ClientError) -> [BatchLineAnswer] {
        var body: [UInt8] = []
        for line in lines {
            body += line
            body.append(UInt8(ascii: "\n"))
        }
        let answer = try await call(
            .POST, "/api/articles/batch", body: body, headers: [("Content-Type", "application/x-ndjson")])
        var answers: [BatchLineAnswer] = []
        for line in answer.body.split(separator: UInt8(ascii: "\n")) {
            answers.append(try decode(line: Array(line)))
        }
        return answers
    }

    private func decode(line: [UInt8]) throws(ClientError) -> BatchLineAnswer {
        try decode(Answer(headers: [:], body: line)) { json throws(JSONShapeError) in
            let object = try JSONObject(json, path: "line")
            let errors = (json["errors"]?.arrayValue ?? []).compactMap { error -> String? in
                guard let field = error["field"]?.stringValue, let message = error["message"]?.stringValue else {
                    return nil
                }
                return "\(field) \(message)"
            }
            return BatchLineAnswer(
                line: Int(try object.integer("line")), status: Int(try object.integer("status")),
                id: json["id"]?.integerValue,
                detail: errors.isEmpty ? json["detail"]?.stringValue ?? "" : errors.joined(separator: "; "))
        }
    }
}
