import NIOCore

/// How large the buffers are that sockets are read into.
///
/// A channel keeps its first one for life, and most connections read nothing after their handshake, which mostly fits
/// into the smallest. The largest is what a client that never stops talking can make the daemon keep.
enum ReceiveBuffers {
    static var allocator: any RecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 16 * 1024)
    }
}
