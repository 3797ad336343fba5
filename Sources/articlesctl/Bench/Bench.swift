import ArgumentParser

/// `articlesctl bench …`
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a server: latency from the intended send time, and every article that is lost.",
        discussion: """
            Posts articles to a topic of its own, counts at every subscriber what comes, and removes what it posted.

            Examples:
              articlesctl bench -s 1000 -p 4 --rate 200 --duration 30s --size 256
              articlesctl bench -s 1000 --inflight 8        # as fast as it goes
              articlesctl bench --fail-if 'p99>50ms,lost>0' --json > today.json
              articlesctl bench compare yesterday.json today.json
              articlesctl bench --html report.html --storm 50 --slow 10
              articlesctl bench --subscribe ws://localhost:8080/feed \\
                --publish http://localhost:8080/publish     # another server

            All options of a bench, and how others are measured: articlesctl help bench run
            """,
        subcommands: [RunBench.self, CompareReports.self, CleanBench.self], defaultSubcommand: RunBench.self)
}
