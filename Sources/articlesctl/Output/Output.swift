import Foundation

/// Data goes to standard output, messages to standard error.
enum Output {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) != 0 }

    /// Writes a line of data. Ends the program quietly when nobody reads it any more.
    static func line(_ bytes: [UInt8]) {
        write(bytes + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
    }

    static func line(_ text: String) {
        line(Array(text.utf8))
    }

    /// Ends the program quietly as soon as the reader of a pipe goes away, and not only at the next write.
    static func endWithReader() {
        var status = stat()
        guard fstat(STDOUT_FILENO, &status) == 0,
            status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFSOCK
        else { return }
        Thread.detachNewThread {
            // Asking for nothing waits for an error: the other end was closed (poll(2)).
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&output, 1, -1) < 0, errno == EINTR {}
            exit(0)
        }
    }

    static func message(_ lines: [String]) {
        for (index, line) in lines.enumerated() {
            write(Array(((index == 0 ? "articlesctl: " : "  ") + line + "\n").utf8), to: STDERR_FILENO)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno == EPIPE {
                exit(0)
            } else if errno != EINTR {
                exit(ExitStatus.failed.rawValue)
            }
        }
    }
}
