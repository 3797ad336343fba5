import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A socket that whoever started the daemon listens on for it (sd_listen_fds(3)): as it stays open over a restart, nobody
/// is refused meanwhile.
struct InheritedSocket: Sendable, Hashable {
    let descriptor: CInt
    /// As the socket unit calls it (`FileDescriptorName=`); `unknown` if it does not.
    let name: String
    /// It has a path and no port.
    let isLocal: Bool

    /// Passed descriptors begin here (SD_LISTEN_FDS_START).
    private static let first: CInt = 3
    private static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

    /// Takes the sockets that were passed to this process. The variables are removed, so that no child takes them too.
    ///
    /// - Throws: ``StartError`` if one of them can't be listened on.
    static func takeAll(
        environment: [String: String], processID: pid_t = getpid()
    ) throws(StartError) -> [InheritedSocket] {
        for variable in variables { unsetenv(variable) }
        guard environment["LISTEN_PID"] == String(processID), let count = environment["LISTEN_FDS"].flatMap(CInt.init),
            count > 0
        else { return [] }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var sockets: [InheritedSocket] = []
        for index in 0..<min(count, 1024) {
            let name = names.count > index ? String(names[Int(index)]) : ""
            sockets.append(try InheritedSocket(first + index, name: name.isEmpty ? "unknown" : name))
        }
        return sockets
    }

    init(_ descriptor: CInt, name: String) throws(StartError) {
        func option(_ name: CInt) -> CInt? {
            var value: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
        }
        guard let kind = option(SO_TYPE) else {
            throw StartError(
                "Descriptor \(descriptor) (\(name)) was passed as a socket and is none. Check the socket unit.")
        }
        guard kind == CInt(SOCK_STREAM.rawValue), option(SO_ACCEPTCONN) == 1 else {
            throw StartError(
                "The socket \(descriptor) (\(name)) that was passed does not listen for connections. "
                    + "The socket unit must have ListenStream= and Accept=no.")
        }
        let flags = fcntl(descriptor, F_GETFD)
        _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC)
        self.descriptor = descriptor
        self.name = name
        isLocal = option(SO_DOMAIN) == AF_UNIX
    }
}
