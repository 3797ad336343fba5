import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import articled

@Suite("Open connections")
struct OpenConnectionsTests {
    /// Whether the connection has been told that the daemon stops.
    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = Never
        private(set) var isTold = false

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            isTold = isTold || event is ChannelShouldQuiesceEvent
        }
    }

    @Test("a stop waits for newcomers, and not for those who have been answered")
    func stop() async throws {
        let connections = OpenConnections(refusals: Refusals(), logger: Logger(label: "test"))
        let (new, known) = (Listener(), Listener())
        let loop = EmbeddedEventLoop()
        let channels = [EmbeddedChannel(handler: new, loop: loop), EmbeddedChannel(handler: known, loop: loop)]
        let now = NIODeadline.now()
        for channel in channels { #expect(connections.opened(channel, at: now) == .taken) }
        connections.answered(channels[1])

        connections.tellAllOfStop(at: now)
        loop.run()
        #expect(known.isTold && !new.isTold)
        loop.advanceTime(by: OpenConnections.firstWords)
        #expect(new.isTold)
        for channel in channels { _ = try channel.finish() }
        await connections.untilNone()
    }
}
