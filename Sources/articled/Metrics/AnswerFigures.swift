/// What one event loop's connections have been answered since the start: plain numbers, touched on that loop only, added
/// up when somebody asks.
struct AnswerFigures: Sendable, Hashable {
    /// By status, from 0 on.
    private(set) var byStatus = Array(repeating: 0, count: 600)
    var accepted = 0
    /// Closed between two requests, after `--idle-timeout`.
    var idleCloses = 0
    /// Closed without an answer of their own, for a request did not arrive whole while something was being answered.
    var cutOff = 0
    /// Connections of HTTP/2 that were ended.
    var http2Ends: [HTTP2End.Reason: Int] = [:]
    /// Requests of HTTP/2 of whose answer nothing was taken for `--stall-timeout`.
    var stalledRequests = 0
    /// Open now and no WebSocket.
    var connections = 0

    mutating func count(_ status: Int) {
        if byStatus.indices.contains(status) { byStatus[status] += 1 }
    }

    static func += (left: inout AnswerFigures, right: AnswerFigures) {
        for status in left.byStatus.indices { left.byStatus[status] += right.byStatus[status] }
        left.accepted += right.accepted
        left.idleCloses += right.idleCloses
        left.cutOff += right.cutOff
        left.http2Ends.merge(right.http2Ends, uniquingKeysWith: +)
        left.stalledRequests += right.stalledRequests
        left.connections += right.connections
    }
}
