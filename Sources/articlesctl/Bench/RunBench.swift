import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl bench`
struct RunBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure; what bench does if it is told nothing else.",
        discussion: """
            With --rate articles are sent on a fixed schedule, and their latency counts from when they were to be sent: a
            server that is held up can't hide it. asked_rate beside achieved_rate shows whether it kept up.

            Figures for --fail-if: p50, p90, p99, p999, p9999, max, mean (times such as 50ms), lost, duplicated, \
            reordered, expected, received, refused, unanswered, disconnects, resets, achieved_rate; \
            with >, >=, <, <=, = or !=. The exit code is 1 when one of them holds.
            """)

    @OptionGroup(title: "Load")
    var load: LoadOptions

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
    }

    private static let topicCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789._-")

    func run() async throws {
        let plan = load.plan
        let conditions = try failIf.map(FailCondition.parse) ?? []
        try LoadTarget.check(connection.checkedServer())
        try DescriptorLimit.raise(connections: plan.subscribers + plan.publishers * plan.inFlight)
        try ReportFile.check([html, hgrm])
        let topic = topic ?? BenchTopic.random()
        let report = try await connection.withClient { client in
            let identity = try await client.whoAmI()
            guard identity.role != "viewer" else {
                throw CommandFailure(
                    .notAllowed, "\(client.server) lets \(identity.name) read only; a bench posts articles.",
                    "Name a token with --token-file FILE or ARTICLES_TOKEN.")
            }
            let status = try await client.status()
            let target = try LoadTarget.reaching(client, topic: topic, plan: plan, sources: load.source)
            Interruption.watch()
            let started = Timestamp.now
            let outcome = await measure(plan, target)
            try await clean(topic, client)
            do {
                return BenchReport(
                    server: client.server.description, version: status.version, topic: topic, started: started,
                    plan: plan, result: try outcome.get())
            } catch let error as LoadRun.NotConnected {
                throw notConnected(error, client.server)
            }
        }
        try show(report)
        guard !report.result.wasInterrupted else { throw ExitCode(ExitStatus.interrupted.rawValue) }
        let failed = conditions.compactMap { $0.problem(report) }
        if !failed.isEmpty { throw CommandFailure(.failed, failed.joined(separator: "; ") + " (--fail-if)") }
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
            _ = try await BenchTopic.clear(topic, client) { progress.update($0, share: nil, "removed") }
        } catch {
            progress.finish()
            let reason = (error as? ClientError)?.description ?? "\(error)"
            Output.message([
                "The articles of the bench could not be removed: \(reason)",
                "Later do: articlesctl bench clean \(topic)",
            ])
        }
    }

    private func notConnected(_ error: LoadRun.NotConnected, _ server: ServerURL) -> CommandFailure {
        guard !Interruption.isAsked else { return CommandFailure(.interrupted, "Interrupted; nothing was measured.") }
        return CommandFailure(
            .unreachable, "Only \(error.ready) of \(load.subscribers) subscribers were connected to \(server) in time.",
            "What went wrong first: \(error.problem).",
            "Look at the server's limits, or say less --subscribers, or more --connect-timeout.")
    }

    private func show(_ report: BenchReport) throws {
        if json {
            Output.json(report.json.bytes)
        } else {
            Output.line(BenchText(report).text)
        }
        for warning in report.warnings { Output.message([warning]) }
        // Last: a file that can't be written takes nothing else away.
        if let html { try ReportFile.write(BenchPage(report).html, to: html, "--html") }
        if let hgrm { try ReportFile.write(report.hgrm, to: hgrm, "--hgrm") }
    }
}
