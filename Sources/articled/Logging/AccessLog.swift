import Logging

/// A line for every answer, if `--access-log` asks for it.
///
/// It has the path of a request and not its query, which may have a ticket or a token in it, and nothing of headers and
/// bodies.
struct AccessLog: Sendable {
    /// Past the loggers, whose levels are not meant, and whose metadata is made for fewer lines.
    private let output: LogOutput?

    static let off = AccessLog(nil)

    /// - Parameter output: `nil` means that there is no access log.
    init(_ output: LogOutput?) {
        self.output = output
    }

    var isOn: Bool { output != nil }

    func write(_ answer: AnsweredRequest) {
        guard let output else { return }
        var fields: [(name: String, value: Logger.MetadataValue)] = []
        fields.reserveCapacity(10)
        fields.append(("request_id", .string(answer.requestID)))
        fields.append(("method", .string(answer.method)))
        fields.append(("path", .string(answer.path)))
        fields.append(("status", .stringConvertible(answer.status)))
        if let bytes = answer.bytes { fields.append(("bytes", .stringConvertible(bytes))) }
        if let started = answer.started {
            let microseconds = started.duration(to: .now) / .microseconds(1)
            fields.append(("ms", .stringConvertible(microseconds.rounded() / 1000)))
        }
        if let client = answer.client { fields.append(("client", .string(client))) }
        if let user = answer.user { fields.append(("user", .string(user))) }
        if !answer.isComplete { fields.append(("complete", "no")) }
        output.write(LogEntry(level: .info, message: "Answered", fields: fields))
    }
}

/// A request and what became of it.
struct AnsweredRequest: Sendable {
    /// Unknown where the request never was complete.
    var method = "-"
    /// The target as the client sent it, without its query.
    var path = "-"
    var status: Int
    let requestID: String
    /// Of the answer's body, as far as it is known before.
    var bytes: Int?
    /// Seen through trusted proxies.
    var client: String?
    /// The account or the token.
    var user: String?
    /// When the request had come, or its head.
    var started: ContinuousClock.Instant?
    /// False if the answer was cut off.
    var isComplete = true

    /// - Parameter target: of the request (RFC 9112 section 3.2).
    static func path(_ target: String) -> String {
        String(target.prefix { $0 != "?" && $0 != "#" })
    }
}
