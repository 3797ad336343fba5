import NIOCore

/// Receive buffers for a connection that hardly ever says anything: the first is as small as can be, for NIO keeps it
/// until something arrives, which for most subscribers is never.
struct SubscriberReceiveAllocator: RecvByteBufferAllocator {
    private var size = 16

    mutating func record(actualReadBytes: Int) -> Bool {
        guard size < 2048 else { return false }
        size = 2048
        return true
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: size)
    }

    func nextBufferSize() -> Int? { size }
}
