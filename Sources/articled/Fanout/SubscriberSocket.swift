import NIOCore
import WebSocketCore

/// A subscriber's connection as the fan-out sees it. Lives on one event loop.
protocol SubscriberSocket: AnyObject {
    /// The socket's descriptor, to be written to directly while nothing is pending; -1 if that is not possible.
    var descriptor: CInt { get }

    /// How many bytes that were handed over have not left yet.
    var pendingBytes: Int { get }

    /// Hands bytes over. Returns whether they are gone; if not, the socket calls ``Subscriber/drained()`` later and
    /// must be left alone until then.
    func write(_ bytes: ByteBuffer) -> Bool

    /// Takes over bytes of which the kernel has just refused some: like ``write(_:)`` when it returns false.
    func enqueue(_ bytes: ByteBuffer)

    /// Sends a close frame and ends the connection, at the latest when the client's answer has not come in time.
    func close(_ code: WebSocketCloseCode, reason: String)

    /// Ends the connection at once.
    func abort()
}
