import Core
import Hummingbird

struct AdminDashboard: Sendable {
    let frame: AdminFrame
    let node: String
    let version: String
    let uptime: String
    let cursor: String
    let subscribers: Int
    let webSocket: Int
    let eventStream: Int
    let jsonLines: Int
    let eventsNow: String
    let eventsLong: String
    let bars: [Bar]
    let busiest: Int
    let store: String
    let storeSize: String
    let storedArticles: Int
    let storedEvents: Int64
    let isAdmin: Bool
    let refusedLogins: Int
    let refusedWrites: Int
    let refusedConnections: Int
    let problems: [Problem]
    let latest: [Entry]

    struct Bar: Sendable {
        let x: Int
        let y: Int
        let height: Int
    }

    struct Problem: Sendable {
        let at: MomentText
        let level: String
        let message: String
    }
}

extension AdminSite {
    @Sendable func dashboard(_ visit: AdminVisit) async throws -> Response {
        let size = try await store.size()
        let transports = report.feed.subscribersByTransport
        let (bars, busiest) = Self.bars(report.rates.samples.map(\.events))
        let now = Timestamp.now
        let refusals = report.refusals
        return renderer.page(
            "dashboard",
            AdminDashboard(
                frame: visit.frame("Dashboard"), node: report.node, version: Version.number,
                uptime: Self.words(seconds: report.uptime), cursor: report.feed.history.newest.description,
                subscribers: report.feed.subscriberCount, webSocket: transports.webSocket,
                eventStream: transports.eventStream, jsonLines: transports.jsonLines,
                eventsNow: Self.oneDecimal(report.rates.eventsPerSecond(over: 10)),
                eventsLong: Self.oneDecimal(report.rates.eventsPerSecond(over: 300)), bars: bars, busiest: busiest,
                store: visit.principal.role == .admin
                    ? size.place ?? "in memory" : size.kind.title,
                storeSize: Self.words(bytes: size.bytes), storedArticles: size.articles, storedEvents: size.events,
                isAdmin: visit.principal.role == .admin, refusedLogins: refusals.total(.login),
                refusedWrites: refusals.total(.write), refusedConnections: refusals.total(.connection),
                problems: visit.principal.role < .admin
                    ? []
                    : report.problems.latest.map {
                        .init(at: MomentText($0.at, now: now), level: $0.level, message: $0.message)
                    },
                latest: try await store.articles(ArticleQuery(limit: 5)).map { Entry($0, now: now, isWhole: false) }))
    }

    /// Five seconds a bar, the newest at the right, in a picture of 600 by 80.
    static func bars(_ events: [Int]) -> (bars: [AdminDashboard.Bar], busiest: Int) {
        var sums: [Int] = []
        var end = events.count
        while end > 0, sums.count < 60 {
            sums.append(events[max(0, end - 5)..<end].reduce(0, +))
            end -= 5
        }
        let busiest = sums.max() ?? 0
        let bars = sums.enumerated().compactMap { index, sum -> AdminDashboard.Bar? in
            guard sum > 0 else { return nil }
            let height = max(2, sum * 80 / busiest)
            return AdminDashboard.Bar(x: 592 - index * 10, y: 80 - height, height: height)
        }
        return (bars, busiest)
    }

    static func words(seconds: Int64) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    static func words(bytes: Int) -> String {
        switch bytes {
        case ..<1024: "\(bytes) B"
        case ..<(1024 * 1024): "\(bytes / 1024) KiB"
        default: "\(oneDecimal(Double(bytes) / 1024 / 1024)) MiB"
        }
    }

    static func oneDecimal(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
