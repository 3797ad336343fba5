import NIOCore
import NIOPosix
import SocketCalls

/// One `send()` past NIO, allowed from the channel's own loop while NIO holds nothing for it: the cheapest delivery.
enum DirectSend {
    /// The socket of a channel; -1 if it has none.
    static func descriptor(of context: ChannelHandlerContext) -> CInt {
        let handle = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        return handle ?? -1
    }

    /// - Returns: how many bytes the kernel took; -1 if it took none, for whatever reason.
    @inline(__always)
    static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Int {
        socket_send_now(descriptor, bytes.baseAddress, bytes.count)
    }
}
