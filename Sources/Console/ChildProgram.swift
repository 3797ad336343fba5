import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Runs other programs that may use the terminal: editors, browsers, commands that an article is piped to.
public enum ChildProgram {
    /// Runs a shell command with more arguments, and waits for its end. The arguments are no part of the command's text,
    /// whatever is in them.
    ///
    /// The child stays in our process group, the one that may read from the terminal; so Ctrl-C is for us too, unless the
    /// caller ignores it meanwhile.
    ///
    /// - Parameter input: what it gets on standard input; `nil` leaves it the terminal.
    /// - Returns: its exit status; as in a shell 128 and the number of the signal that ended it; 127 if it could not be
    ///   started.
    public static func run(shell command: String, arguments: [String] = [], input: String? = nil) -> Int32 {
        var pipe: [Int32] = [-1, -1]
        if input != nil, Glibc.pipe(&pipe) != 0 { return 127 }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if input != nil {
            posix_spawn_file_actions_adddup2(&actions, pipe[0], STDIN_FILENO)
            for descriptor in pipe { posix_spawn_file_actions_addclose(&actions, descriptor) }
        }
        let child = spawn(command, arguments, &actions)
        if let input {
            close(pipe[0])
            if child != nil { write(input, to: pipe[1]) }
            close(pipe[1])
        }
        guard let child else { return 127 }
        return wait(for: child)
    }

    /// Runs a shell command in the background, with nothing to read and nowhere to write.
    public static func runQuietly(shell command: String, arguments: [String]) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        guard let child = spawn(command, arguments, &actions) else { return 127 }
        return wait(for: child)
    }

    private static func spawn(
        _ command: String, _ arguments: [String], _ actions: inout posix_spawn_file_actions_t
    ) -> pid_t? {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process handles or ignores is the child's own business.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGQUIT, SIGPIPE, SIGTSTP] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        // A trap, unlike an ignored signal, is not handed down: the shell outlives a Ctrl-C that is for the program.
        let words = ["sh", "-c", "trap : INT QUIT\n" + command, "sh"] + arguments
        let copies: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        var child = pid_t()
        return posix_spawn(&child, "/bin/sh", &actions, &attributes, copies, environ) == 0 ? child : nil
    }

    /// What a program does not read is no concern of ours; SIGPIPE is ignored.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }

    private static func wait(for child: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let number = status & 0x7F
        return number == 0 ? status >> 8 & 0xFF : 128 + number
    }
}
