import ArticlesClient
import Core

/// The exit codes, after sysexits(3).
enum ExitStatus: Int32 {
    case failed = 1
    case usage = 64
    case badData = 65
    case noInput = 66
    case unreachable = 69
    case notAllowed = 77
    case interrupted = 130
}

/// Why a command could not do its work: at most three lines, and an exit code.
struct CommandFailure: Error {
    let status: ExitStatus
    let lines: [String]

    init(_ status: ExitStatus, _ lines: String...) {
        self.init(status, lines: lines)
    }

    init(_ status: ExitStatus, lines: [String]) {
        self.status = status
        self.lines = lines
    }

    /// The same failure with one more line.
    func adding(_ line: String) -> CommandFailure {
        CommandFailure(status, lines: lines + [line])
    }

    /// What is wrong with an article, by the options that it was made of.
    static func invalid(_ errors: [FieldError]) -> String {
        errors.map { "\(["title", "body", "topic"].contains($0.field) ? "--" : "")\($0.field) \($0.message)" }
            .joined(separator: "; ")
    }

    /// What a call's error means for whoever typed the command.
    init(_ error: ClientError, server: ServerURL) {
        switch error {
        case .badURL(let reason):
            self.init(.usage, "The URL is not usable: \(reason).", "Set it with --url or ARTICLES_URL.")
        case .badCredential(let reason), .badAuthorities(let reason):
            self.init(.noInput, reason)
        case .unreachable(let url, let reason) where reason.contains("certificate"):
            self.init(
                .unreachable, "No connection to \(url): \(reason).",
                "More is said by: articlesctl doctor --url \(url)")
        case .unreachable(let url, let reason):
            self.init(
                .unreachable, "No answer from \(url): \(reason).",
                "Start the server with \"articled serve\", or name another with --url or ARTICLES_URL.")
        case .refused(let status, let title, let detail, let errors, _):
            self.init(status: status, title: title, detail: detail, errors: errors, server)
        case .unexpectedAnswer(let url, let reason):
            self.init(
                .unreachable, "\(url) does not answer like an articles server: \(reason).",
                "Check the address that --url or ARTICLES_URL names.")
        }
    }

    private init(status: Int, title: String, detail: String, errors: [FieldError], _ server: ServerURL) {
        let what = errors.isEmpty ? (detail.isEmpty ? title : detail) : Self.invalid(errors)
        switch status {
        case 401, 403:
            self.init(
                .notAllowed, "\(server) does not allow this: \(what)",
                "Name a token with --token-file FILE or ARTICLES_TOKEN.")
        case 400, 413, 415, 422:
            self.init(.badData, "\(server) does not accept this: \(what)")
        case 503, 429:
            self.init(.unreachable, "\(server) can't do this now: \(what)", "Try again later.")
        default:
            self.init(.failed, "\(server): \(what) (\(status) \(title))")
        }
    }
}
