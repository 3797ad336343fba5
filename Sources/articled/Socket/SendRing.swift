import Glibc
import NIOCore
import SocketCalls

/// The same bytes to many sockets with few calls of the kernel (io_uring(7)), which to a thousand costs a tenth less than as
/// many `send()`.
///
/// Belongs to one event loop, and is as free to go past NIO as ``DirectSend``.
final class SendRing {
    private let ring: OpaquePointer
    private var results: [CInt] = []

    /// With fewer sockets nothing is gained.
    static let worthwhile = 64

    /// - Throws: `IOError` where the kernel is older than Linux 5.18, or does not let this process use it.
    init() throws {
        guard let ring = send_ring_make() else { throw IOError(errnoCode: errno, reason: "io_uring_setup") }
        self.ring = ring
    }

    deinit { send_ring_free(ring) }

    /// What the kernel knows it by; tests take it away.
    var descriptor: CInt { send_ring_descriptor(ring) }

    /// Sends, and keeps what became of it for the subscript.
    ///
    /// - Returns: how many sends the kernel took together.
    func send(_ bytes: UnsafeRawBufferPointer, to descriptors: ArraySlice<CInt>) -> Int {
        let missing = descriptors.count - results.count
        if missing > 0 { results += repeatElement(-1, count: missing) }
        return descriptors.withUnsafeBufferPointer { descriptors in
            results.withUnsafeMutableBufferPointer { results in
                send_ring_send(
                    ring, descriptors.baseAddress, descriptors.count, bytes.baseAddress, bytes.count,
                    results.baseAddress)
            }
        }
    }

    /// How many bytes the kernel took for the descriptor at this place of the last ``send(_:to:)``; -1 if it took none, for
    /// whatever reason.
    subscript(_ place: Int) -> Int { Int(results[place]) }
}
