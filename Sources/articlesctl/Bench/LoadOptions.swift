import ArgumentParser
import Foundation

/// What is done in a bench.
struct LoadOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "How many subscribers.")
    var subscribers = 100

    @Option(name: .shortAndLong, help: "How many publishers; each keeps to its own part of the schedule.")
    var publishers = 1

    @Option(
        name: .shortAndLong,
        help: "Articles a second over all publishers, on a fixed schedule. (default: 100, without --inflight)")
    var rate: Double?

    @Option(
        help: """
            Requests that a publisher has under way at most. Without --rate that is a closed loop: the next article is \
            sent when one was answered. (default with --rate: 16)
            """)
    var inflight: Int?

    @Option(name: .shortAndLong, help: "How long articles are sent.")
    var duration = TimeSpan.seconds(10)

    @Option(help: "End after so many articles, if that is sooner.")
    var count: Int?

    @Option(help: "Bytes of each article's body, at least \(Marker.maxBytes).")
    var size = 256

    @Option(help: "How subscribers are connected: websocket, sse or ndjson. (default: websocket)")
    var transport: Transport?

    @Option(help: ArgumentHelp("So many subscribers stop reading for a while.", valueName: "subscribers"))
    var slow = 0

    @Option(help: "When they stop.")
    var slowAfter = TimeSpan.seconds(1)

    @Option(help: "For how long.")
    var slowFor = TimeSpan.seconds(5)

    @Option(
        help: ArgumentHelp(
            "So many subscribers are cut off at once, and come back at once.", valueName: "subscribers"))
    var storm = 0

    @Option(help: "When that happens.")
    var stormAfter = TimeSpan.seconds(1)

    @Option(help: "And again after each such time. (default: once)")
    var stormEvery: TimeSpan?

    @Option(help: "Threads that receive. (default: half of the processors)")
    var threads: Int?

    @Option(help: "Subscribers that connect in a second. (default: as many as the server takes)")
    var connectRate: Double?

    @Option(help: "Subscribers that are connecting at once.")
    var connecting = 200

    @Option(help: "How long all of them may take to be live.")
    var connectTimeout = TimeSpan.seconds(60)

    @Option(help: "From when all are live until the first article. (default: 300ms; of another server 2s)")
    var settle: TimeSpan?

    @Option(help: "How long, after the last delivery or answer, missing ones are waited for.")
    var drain = TimeSpan.seconds(3)

    @Option(
        help: "End at the latest so long after the first article; what has not come counts as lost. (default: no limit)"
    )
    var maxTime: TimeSpan?

    @Option(
        help: ArgumentHelp("Receive buffer of each subscriber's socket. (default: the system's)", valueName: "bytes"))
    var receiveBuffer = 0

    @Option(
        help: ArgumentHelp(
            """
            Connect from this IPv4 address of this machine; may be repeated. To 127.0.0.0/8 more addresses are taken by \
            themselves when there are more connections than ports.
            """, valueName: "address"))
    var source: [String] = []

    @Option(
        help: ArgumentHelp(
            "A process of the server on this machine, whose CPU time and memory are measured; may be repeated.",
            valueName: "pid"))
    var serverPid: [Int32] = []

    func validate() throws {
        let counts = [
            ("--subscribers", subscribers, 1...1_000_000), ("--publishers", publishers, 1...1000),
            ("--inflight", inflight ?? 1, 1...1000), ("--count", count ?? 1, 1...1_000_000_000),
            ("--size", size, Marker.maxBytes...16 * 1024 * 1024), ("--slow", slow, 0...max(subscribers, 0)),
            ("--storm", storm, 0...max(subscribers, 0)), ("--threads", threads ?? 1, 1...64),
            ("--connecting", connecting, 1...100_000), ("--receive-buffer", receiveBuffer, 0...1 << 30),
        ]
        for (name, value, range) in counts where !range.contains(value) {
            throw ValidationError("\(name) must be \(range.lowerBound)–\(range.upperBound).")
        }
        for (name, value) in [("--rate", rate), ("--connect-rate", connectRate)] {
            if let value, !(0.01...1_000_000).contains(value) {
                throw ValidationError("\(name) must be 0.01–1000000.")
            }
        }
        guard duration.nanoseconds > 0, duration.nanoseconds <= 24 * 3_600_000_000_000 else {
            throw ValidationError("--duration must be more than 0 and at most 24h.")
        }
        guard stormEvery.map({ $0.nanoseconds >= 100_000_000 }) ?? true else {
            throw ValidationError("--storm-every must be at least 100ms.")
        }
        for (name, span) in [("--settle", settle), ("--max-time", maxTime)] {
            if let span, span.nanoseconds > 24 * 3_600_000_000_000 {
                throw ValidationError("\(name) must be at most 24h.")
            }
        }
        for process in serverPid where !ServerUsage.isThere(process) {
            throw ValidationError("--server-pid \(process): there is no such process.")
        }
        for text in source where SourceAddresses.parse(text) == nil {
            throw ValidationError("--source \(text) is not an IPv4 address such as 127.0.0.9.")
        }
    }

    private static let settling: (own: UInt64, other: UInt64) = (300_000_000, 2_000_000_000)

    /// - Parameter isOther: whether the server tells nobody when a subscription has begun.
    func plan(isOther: Bool) -> LoadPlan {
        let isClosed = rate == nil && inflight != nil
        return LoadPlan(
            subscribers: subscribers, publishers: publishers, inFlight: inflight ?? 16,
            schedule: isClosed ? .closedLoop : .fixedRate(rate ?? 100), duration: duration.nanoseconds, count: count,
            size: size,
            slow: slow == 0 ? nil : .init(count: slow, after: slowAfter.nanoseconds, length: slowFor.nanoseconds),
            storm: storm == 0
                ? nil : .init(count: storm, after: stormAfter.nanoseconds, every: stormEvery?.nanoseconds),
            threads: min(threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount / 2), subscribers),
            connectRate: connectRate, connecting: connecting, connectTimeout: connectTimeout.nanoseconds,
            settle: settle?.nanoseconds ?? (isOther ? Self.settling.other : Self.settling.own),
            drain: drain.nanoseconds, maxTime: maxTime?.nanoseconds, serverProcesses: serverPid,
            receiveBuffer: receiveBuffer)
    }
}
