#if canImport(Glibc)
    import Glibc
#endif

/// One `send()` past NIO, allowed from the channel's own loop while NIO holds nothing for it: the cheapest delivery.
enum DirectSend {
    private static let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)

    /// - Returns: how many bytes the kernel took; -1 if it took none, for whatever reason.
    @inline(__always)
    static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Int {
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
    }
}
