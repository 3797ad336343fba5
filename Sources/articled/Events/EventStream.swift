import Core
import Hummingbird
import NIOCore
import WebSocketCore

/// A subscriber whose feed is the body of an HTTP answer: server-sent events, or a line for each event.
///
/// Unchecked Sendable because everything but ``write(to:)`` is touched on the event loop only.
final class EventStream: SubscriberSocket, @unchecked Sendable {
    private let hub: LoopHub
    private let channel: any Channel
    private let pieces: AsyncThrowingStream<ByteBuffer, any Error>
    private let continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    private var subscriber: Subscriber?
    private var endOfInput: EndOfInputWatch?
    /// Of a request of HTTP/2, which shares its connection with others.
    private var stream: StreamObserver?
    /// Bytes that the body's task has not handed to the channel.
    private var unwritten = 0
    /// Whether it goes on when everything has been sent.
    private let follows: Bool

    /// The connection ended before the feed did.
    struct Incomplete: Error {}

    /// - Parameter follows: false ends the stream once everything has been sent.
    init(hub: LoopHub, channel: any Channel, follows: Bool) {
        self.hub = hub
        self.channel = channel
        self.follows = follows
        // Not a queue that could grow: the subscriber hands over a piece when the one before has left.
        (pieces, continuation) = AsyncThrowingStream.makeStream()
    }

    /// Writes the feed until it ends or the client is gone.
    ///
    /// - Throws: if the answer is incomplete, so that it ends without the mark of its end.
    static func write(
        _ query: FeedQuery, encoding: FeedEncoding, follows: Bool, hub: LoopHub, channel: any Channel,
        admission: StreamAdmission, to writer: inout any ResponseBodyWriter
    ) async throws {
        let stream = EventStream(hub: hub, channel: channel, follows: follows)
        hub.eventLoop.execute { stream.begin(query, encoding, admission) }
        defer { hub.eventLoop.execute { stream.ended() } }
        try await stream.write(to: &writer)
        try await writer.finish(nil)
    }

    private func write(to writer: inout any ResponseBodyWriter) async throws {
        for try await piece in pieces {
            try await writer.write(piece)
            hub.eventLoop.execute { self.written(piece.readableBytes) }
        }
    }

    // MARK: - On the event loop

    private func begin(_ query: FeedQuery, _ encoding: FeedEncoding, _ admission: StreamAdmission) {
        // Taken back since, before the hub could hear of this subscriber.
        guard admission.isValid() else { return continuation.finish(throwing: Incomplete()) }
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.continuation.finish(throwing: Incomplete()) }
        stream = try? channel.pipeline.syncOperations.handler(type: StreamObserver.self)
        if follows, stream == nil {
            // Else a client that has gone would be noticed by the next heartbeat but one.
            let watch = EndOfInputWatch { [unowned self] in abort() }
            // Fails only if the connection has ended, of which the future above tells.
            try? channel.pipeline.syncOperations.addHandler(watch, position: firstOfPlainText)
            endOfInput = watch
        }
        let view = SubscriberView(mode: .articlesV1, encoding: encoding, filter: query.filter)
        let subscriber = hub.subscribe(
            query, view: view, socket: self, prologue: encoding.prologue, endsWhenLive: !follows,
            credential: admission.credential)
        self.subscriber = subscriber
        hub.start(subscriber)
    }

    /// Where bytes are not encrypted any more.
    private var firstOfPlainText: ChannelPipeline.SynchronousOperations.Position {
        guard let session = try? channel.pipeline.syncOperations.handler(type: TLSSession.self) else { return .first }
        return .after(session)
    }

    private func ended() {
        subscriber?.ended()
        subscriber = nil
        if let endOfInput { channel.pipeline.syncOperations.removeHandler(endOfInput, promise: nil) }
        endOfInput = nil
    }

    private func written(_ bytes: Int) {
        unwritten -= bytes
        if unwritten == 0 { subscriber?.drained() }
    }

    // MARK: - SubscriberSocket

    let descriptor: CInt = -1

    var pendingBytes: Int {
        if let stream { return unwritten + stream.pendingBytes }
        // An option that every socket channel has.
        return unwritten + ((try? channel.syncOptions?.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0)
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        enqueue(bytes)
        return false
    }

    func enqueue(_ bytes: ByteBuffer) {
        unwritten += bytes.readableBytes
        continuation.yield(bytes)
    }

    func close(_ code: WebSocketCloseCode, reason: String) {
        switch code {
        case .normal:
            continuation.finish()
        case .goingAway where follows, .policyViolation where reason == ControlMessage.ByeReason.revoked.rawValue:
            continuation.finish()
            hub.eventLoop.assumeIsolated().scheduleTask(in: hub.configuration.closeTimeout) {
                if self.subscriber != nil { self.abort() }
            }
        default:
            // Whoever reads nothing holds the task up in a write, which ends only with the connection.
            continuation.finish(throwing: Incomplete())
            abort()
        }
    }

    func abort() {
        channel.close(promise: nil)
    }
}

/// What a stream's reader was let in by.
struct StreamAdmission: Sendable {
    let accounts: Accounts
    let credential: Credential?

    func isValid() -> Bool {
        credential.map { accounts.isValid($0) } ?? true
    }
}
