import Console
import Foundation
import SocketCalls

#if canImport(Glibc)
    import Glibc
#endif

/// How fast one core sends frames: what a delivery costs at least.
struct SendProbe {
    /// Bytes of a frame.
    let frame: Int

    private static let connections = 16

    /// Sends to some connections in turn, of which a thread reads everything, until the time is over or somebody
    /// interrupts.
    ///
    /// - Returns: frames a second for each second of this thread's own CPU time, so that the reader does not count.
    /// - Throws: `POSIXError` if the machine has no more connections.
    func framesPerSecond(for span: Duration) throws -> Double {
        var pairs: [(near: CInt, far: CInt)] = []
        defer { for pair in pairs { close(pair.near) } }
        for _ in 0..<Self.connections { pairs.append(try Self.connect()) }
        // It ends, and closes its descriptors, when the other sides are closed.
        Thread.detachNewThread { [ends = pairs.map(\.far)] in Self.drain(ends) }
        let bytes = [UInt8](repeating: 0x61, count: frame)
        let start = ContinuousClock.now
        let began = thread_cpu_seconds()
        var sent = 0
        repeat {
            for pair in pairs {
                guard send(pair.near, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
                    throw POSIXError(.EIO)
                }
            }
            sent += pairs.count
        } while start.duration(to: .now) < span && !Interruption.isAsked
        let used = thread_cpu_seconds() - began
        return used > 0 ? Double(sent) / used : 0
    }

    /// Two ends of a TCP connection of this machine with itself, as a subscriber's is, but for the network between.
    private static func connect() throws -> (near: CInt, far: CInt) {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let far = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let isConnected = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, address, &length) == 0 && Glibc.connect(far, address, length) == 0
            }
        }
        let near = isConnected ? accept(listener, nil, nil) : -1
        guard near >= 0 else {
            let code = POSIXErrorCode(rawValue: errno) ?? .EIO
            if far >= 0 { close(far) }
            throw POSIXError(code)
        }
        return (near, far)
    }

    private static func drain(_ ends: [CInt]) {
        var watched = ends.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        var open = ends.count
        while open > 0 {
            guard poll(&watched, nfds_t(watched.count), -1) >= 0 else { continue }
            for index in watched.indices where watched[index].revents != 0 {
                guard recv(watched[index].fd, &buffer, buffer.count, 0) <= 0 else { continue }
                close(watched[index].fd)
                // poll(2) passes over negative descriptors.
                watched[index].fd = -1
                open -= 1
            }
        }
    }
}
