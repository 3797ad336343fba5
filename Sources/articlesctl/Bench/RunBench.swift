import ArgumentParser
import ArticlesClient
import Console
import Core
import Foundation

/// `articlesctl bench`
struct RunBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure; what bench does if it is told nothing else.",
        discussion: """
            With --rate articles are sent on a fixed schedule, and their latency counts from when they were to be sent: a \
            server that is held up can't hide it. asked_rate beside achieved_rate shows whether it kept up.

            Figures for --fail-if: p50, p90, p99, p999, p9999, max, mean (times such as 50ms), lost, duplicated, \
            reordered, expected, received, unpromised, refused, unanswered, disconnects, resets, achieved_rate; \
            with >, >=, <, <=, = or !=. The exit code is 1 when one of them holds, and when nobody got anything. Lost is \
            an article that was answered with success and did not come; unpromised is one that came all the same. Without \
            cursors (of another server, with several articles under way at once) reordered is unknown, and orders tells \
            how many different ones were seen.

            With --subscribe and --publish any feed is measured that passes on what it is given: each article begins \
            with BENCH:<number>:<nanoseconds>:, which is looked for in everything that subscribers get, whatever is \
            around it. A message must come in one frame (one line over http://), and have the text once. Bytes are \
            written with \\xNN, \\r, \\n, \\0 and \\\\. So for nginx with Nchan, and for an MQTT broker:

              articlesctl bench --subscribe ws://localhost:8080/feed \\
                --publish http://localhost:8080/publish

              C='\\x10\\x0c\\0\\x04MQTT\\x04\\x02\\0\\0\\0\\0' S='\\x82\\x09\\0\\x01\\0\\x04feed\\0'
              articlesctl bench --subscribe ws://localhost:9001/mqtt \\
                --subprotocol mqtt --on-connect-binary "$C$S" \\
                --publish tcp://localhost:1883 --publish-hello "$C" \\
                --publish-body '\\x32\\x88\\x02\\0\\x04feed\\0\\x01{{body}}' \\
                --publish-answer '\\x40\\x02\\0\\x01'
            """)

    @OptionGroup(title: "Load")
    var load: LoadOptions

    @OptionGroup(title: "Another server")
    var other: OtherServerOptions

    @Option(help: "Post to this topic, which must begin with \"bench-\". (default: a new one)")
    var topic: String?

    @Flag(help: "Leave the articles there.")
    var keep = false

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Write the report with plots, as one HTML file.", valueName: "path"))
    var html: String?

    @Option(
        help: ArgumentHelp("Write the latencies' distribution, as other HdrHistogram tools read it.", valueName: "path")
    )
    var hgrm: String?

    @Option(help: ArgumentHelp("Fail when one of these holds: 'p99>50ms,lost>0'.", valueName: "conditions"))
    var failIf: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let topic, !topic.hasPrefix(BenchTopic.prefix) || !Self.topicCharacters.isSuperset(of: topic) {
            throw ValidationError("--topic must begin with \(BenchTopic.prefix), and have a–z, 0–9, . _ - only.")
        }
        do {
            _ = try failIf.map(FailCondition.parse)
        } catch let error as FailCondition.Malformed {
            throw ValidationError("--fail-if: \(error.reason)")
        }
        for (name, isGiven) in [
            ("--topic", topic != nil), ("--keep", keep), ("--transport", load.transport != nil),
            ("--url", connection.url != nil), ("--token-file", connection.tokenFile != nil),
        ] where isGiven && other.isGiven {
            throw ValidationError("\(name) is for an articles server; --subscribe and --publish name another.")
        }
    }

    private static let topicCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789._-")

    func run() async throws {
        let plan = load.plan(isOther: other.isGiven)
        let conditions = try failIf.map(FailCondition.parse) ?? []
        if !other.isGiven { try LoadTarget.check(connection.checkedServer()) }
        try DescriptorLimit.raise(connections: plan.subscribers + plan.publishers * plan.inFlight)
        try ReportFile.check([html, hgrm])
        let report = try await other.isGiven ? measureOther(plan) : measureArticles(plan)
        try show(report)
        guard !report.result.wasInterrupted else { throw ExitCode(ExitStatus.interrupted.rawValue) }
        if let failure = report.failure { throw CommandFailure(.failed, lines: failure) }
        let failed = conditions.compactMap { $0.problem(report) }
        if !failed.isEmpty { throw CommandFailure(.failed, failed.joined(separator: "; ") + " (--fail-if)") }
    }

    private func measureArticles(_ plan: LoadPlan) async throws -> BenchReport {
        let topic = topic ?? BenchTopic.random()
        let transport = load.transport ?? .websocket
        return try await connection.withClient { client in
            let identity = try await client.whoAmI()
            guard identity.role != "viewer" else {
                throw CommandFailure(
                    .notAllowed, "\(client.server) lets \(identity.name) read only; a bench posts articles.",
                    "Name a token with --token-file FILE or ARTICLES_TOKEN.")
            }
            let status = try await client.status()
            let target = try LoadTarget.articles(
                client, topic: topic, transport: transport, size: plan.size, sources: load.source)
            Interruption.watch()
            let started = Timestamp.now
            let outcome = await measure(plan, target)
            try await clean(topic, client)
            return BenchReport(
                server: client.server.description, version: status.version, topic: topic, transport: transport,
                started: started, plan: plan, result: try result(outcome, client.server.description))
        }
    }

    private func measureOther(_ plan: LoadPlan) async throws -> BenchReport {
        let target = try other.target(size: plan.size, sources: load.source)
        Interruption.watch()
        let started = Timestamp.now
        let server = other.subscribe ?? ""
        return BenchReport(
            server: server, version: nil, topic: nil, transport: target.feed.transport, started: started, plan: plan,
            result: try result(await measure(plan, target), server))
    }

    private func result(_ outcome: Result<LoadResult, any Error>, _ server: String) throws -> LoadResult {
        do {
            return try outcome.get()
        } catch let error as LoadRun.NotConnected {
            throw notConnected(error, server)
        }
    }

    private func measure(_ plan: LoadPlan, _ target: LoadTarget) async -> Result<LoadResult, any Error> {
        var line = BenchProgress(plan)
        defer { line.finish() }
        let run = LoadRun(plan: plan, target: target) { Interruption.isAsked }
        do {
            return .success(try await run.perform { line.update($0) })
        } catch {
            return .failure(error)
        }
    }

    private func clean(_ topic: String, _ client: ArticlesClient) async throws {
        guard !keep else { return }
        var progress = Progress()
        defer { progress.finish() }
        do {
            guard await Self.answers(client) else {
                let seconds = Self.patience.components.seconds
                throw CommandFailure(.unreachable, "there was no answer for \(seconds) seconds")
            }
            _ = try await BenchTopic.clear(topic, client) { progress.update($0, share: nil, "removed") }
        } catch {
            progress.finish()
            let reason =
                (error as? ClientError)?.description ?? (error as? CommandFailure)?.lines.first ?? "\(error)"
            Output.message([
                "The articles of the bench could not be removed: \(reason)",
                "Later do: articlesctl bench clean \(topic)",
            ])
        }
    }

    /// How long a server may take to answer at all after a load.
    private static let patience = Duration.seconds(5)

    /// Whether a server is there: one that stands still would hold each request for a client's own time.
    private static func answers(_ client: ArticlesClient) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await client.status()) != nil }
            group.addTask {
                try? await Task.sleep(for: patience)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private func notConnected(_ error: LoadRun.NotConnected, _ server: String) -> CommandFailure {
        guard !Interruption.isAsked else { return CommandFailure(.interrupted, "Interrupted; nothing was measured.") }
        let who =
            error.ready < load.subscribers
            ? "Only \(error.ready) of \(load.subscribers) subscribers were connected to \(server) in time."
            : "All subscribers were connected to \(server) in time, but not all publishers."
        return CommandFailure(
            .unreachable, who, "What went wrong first: \(error.problem).",
            "Look at the server's limits, or say less --subscribers, or more --connect-timeout.")
    }

    private func show(_ report: BenchReport) throws {
        if json {
            Output.json(report.json.bytes)
        } else {
            Output.line(BenchText(report, columns: TerminalWidth.columns(of: STDOUT_FILENO)).text)
        }
        for warning in report.warnings { Output.message([warning]) }
        // Last: a file that can't be written takes nothing else away.
        if let html { try ReportFile.write(BenchPage(report).html, to: html, "--html") }
        if let hgrm { try ReportFile.write(report.hgrm, to: hgrm, "--hgrm") }
    }
}
