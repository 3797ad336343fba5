import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl doctor`
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything between you and a server, and say what to mend.",
        discussion: """
            Looks at the URL, the name, the connection with its TLS, the server's health and version, the clocks, the
            token, and the live feed with its WebSocket. The exit code is that of the first check that failed.
            """)

    @Flag(help: "One check as JSON a line.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    /// How far the clocks may be apart, in seconds.
    static let tolerableSkew: Int64 = 30
    /// How long the feed may take to be live.
    private static let feedTimeout = Duration.seconds(10)

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        var report = Report(isJSON: json)

        let server: ServerURL
        do {
            server = try connection.server(environment)
        } catch {
            report.add(
                "url", .failed(.badData, "\(error)"), "Give --url or ARTICLES_URL a URL such as http://localhost:8000.")
            return try report.end()
        }
        report.add("url", .good("\(server), from \(connection.urlSource(environment))"))
        let proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
            .filter { environment[$0]?.isEmpty == false }
        if !proxies.isEmpty {
            report.add("proxy", .notice("\(proxies[0]) is set; articlesctl connects directly all the same"))
        }

        let credential: Credential?
        do {
            credential = try .resolve(
                tokenFile: connection.tokenFile, environment: environment, server: server)
        } catch {
            report.add("token", .failed(.notAllowed, "\(error)"), "Name a file that holds a token and nothing else.")
            return try report.end()
        }
        let trust: ServerTrust
        do {
            trust = try connection.trust(environment)
        } catch {
            report.add("ca-file", .failed(.noInput, "\(error)"), "Name a file with certificates in PEM.")
            return try report.end()
        }
        let client = ArticlesClient(server: server, credential: credential, trust: trust)
        await examine(client, hasCredential: credential != nil, &report)
        await client.shutdown()
        try report.end()
    }

    private func examine(_ client: ArticlesClient, hasCredential: Bool, _ report: inout Report) async {
        let probe: Probe
        do {
            probe = try await client.probe("/healthz")
        } catch {
            report.add("connection", .failed(.unreachable, "\(error)"), Self.advice(error))
            return
        }
        report.add("connection", .good("answers within \(Self.milliseconds(probe.duration)) ms"))
        if let date = probe.date {
            let skew = (Timestamp.now.milliseconds - date.milliseconds) / 1000
            if abs(skew) <= Self.tolerableSkew {
                report.add("clock", .good("\(abs(skew)) s apart"))
            } else {
                let place = skew > 0 ? "ahead of" : "behind"
                report.add(
                    "clock", .notice("this machine is \(abs(skew)) s \(place) the server"),
                    "Set the clock of whichever is wrong; times of articles are the server's.")
            }
        }
        do {
            _ = try await client.probe("/readyz")
            report.add("server", .good("ready"))
        } catch {
            report.add("server", .failed(.unreachable, "\(error)"), "Its log says more; see /readyz.")
        }
        do {
            let status = try await client.status()
            report.add(
                "version",
                .good("articled \(status.version) on \(status.node), up \(ShowStatus.duration(status.uptime))"))
        } catch {
            report.add("version", .failed(Self.status(error), "\(error)"), Self.advice(error))
        }
        do {
            let identity = try await client.whoAmI()
            report.add("token", .good("you are \(identity.name), \(identity.role) (\(identity.credential))"))
        } catch {
            if case .refused(401, _, _, _, _) = error, !hasCredential {
                report.add("token", .notice("none: you can read, but not write"), "articlesctl login keeps one.")
            } else {
                report.add("token", .failed(Self.status(error), "\(error)"), Self.advice(error))
            }
        }
        await examineFeed(client, &report)
    }

    private func examineFeed(_ client: ArticlesClient, _ report: inout Report) async {
        let outcome = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await Self.feedOutcome(client) }
            group.addTask {
                try? await Task.sleep(for: Self.feedTimeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        report.add(
            "feed", outcome ?? .failed(.unreachable, "not live within \(Self.feedTimeout.components.seconds) s"),
            "A proxy on the way must pass Upgrade and Connection on for /articles.")
    }

    private static func feedOutcome(_ client: ArticlesClient) async -> Outcome? {
        guard let query = try? FeedQuery(items: [("last", "0")]) else { return nil }
        for await update in client.subscribe(query) {
            switch update {
            case .caughtUp(let cursor): return .good("live over WebSocket, at \(cursor)")
            case .state(.refused(let reason)): return .failed(WatchFeed.exitStatus(refusal: reason), reason)
            case .state(.waiting(_, _, let reason)): return .failed(.unreachable, reason)
            case .state, .snapshot, .event, .reset: break
            }
        }
        return nil
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }

    private static func status(_ error: ClientError) -> ExitStatus {
        CommandFailure(error, server: .standard).status
    }

    /// What to do about an error, by what people usually find.
    static func advice(_ error: ClientError) -> String {
        switch error {
        case .unreachable(_, let reason) where reason.contains("not known"):
            "Check the spelling of the host in --url or ARTICLES_URL, and this machine's DNS."
        case .unreachable(_, let reason) where reason.contains("refused"):
            "Start the server (articled serve), or check the port in --url or ARTICLES_URL."
        case .unreachable(_, let reason) where reason.contains("not speak TLS"):
            "Say http:// if the server has no TLS; else check the port in --url or ARTICLES_URL."
        case .unreachable(_, let reason) where reason.contains("certificate") || reason.contains("TLS"):
            "Use the name that the certificate is for, name a private authority with --ca-file, renew what has expired."
        case .unreachable: "Check the network and firewalls between here and there."
        case .refused(401, _, _, _, _), .refused(403, _, _, _, _):
            "Get another token from an admin, then: articlesctl login."
        case .unexpectedAnswer: "Something else answers there: check the port and path in --url or ARTICLES_URL."
        case .refused, .badURL, .badCredential, .badAuthorities: "The server's log says more."
        }
    }

    /// What a check found.
    enum Outcome: Sendable, Equatable {
        case good(String)
        /// Worth knowing, but no failure.
        case notice(String)
        case failed(ExitStatus, String)
    }

    /// Prints what was found, and remembers the first failure.
    struct Report {
        let isJSON: Bool
        private var failure: ExitStatus?

        init(isJSON: Bool) {
            self.isJSON = isJSON
        }

        mutating func add(_ check: String, _ outcome: Outcome, _ advice: String? = nil) {
            let (word, text): (String, String)
            switch outcome {
            case .good(let what): (word, text) = ("ok", what)
            case .notice(let what): (word, text) = ("note", what)
            case .failed(let status, let what):
                (word, text) = ("FAILED", what)
                failure = failure ?? status
            }
            let shownAdvice = word == "ok" ? nil : advice
            guard !isJSON else {
                return Output.json(
                    JSONValue.object([
                        JSONMember("check", .string(check)), JSONMember("result", .string(word.lowercased())),
                        JSONMember("detail", .string(text)),
                        JSONMember("advice", shownAdvice.map { .string($0) } ?? .null),
                    ]).bytes)
            }
            func padded(_ text: String, _ width: Int) -> String {
                text + String(repeating: " ", count: max(0, width - text.count))
            }
            Output.line("\(padded(word, 8))\(padded(check, 12))\(TerminalText.line(text))")
            if let shownAdvice { Output.line(padded("", 20) + shownAdvice) }
        }

        /// - Throws: the exit code of the first failure.
        func end() throws {
            if let failure { throw ExitCode(failure.rawValue) }
        }
    }
}
