import Foundation

/// Runs a program that takes over the terminal.
enum Terminal {
    /// Runs a shell command with one more argument and returns its exit status.
    ///
    /// The child stays in our process group, the one that may read from the terminal. As in system(3), Ctrl-C is for
    /// the child alone while it runs: an editor means something else by it.
    static func run(shell command: String, argument: String) throws -> Int32 {
        let interrupt = signal(SIGINT, SIG_IGN)
        let quit = signal(SIGQUIT, SIG_IGN)
        defer {
            signal(SIGINT, interrupt)
            signal(SIGQUIT, quit)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGQUIT, SIGPIPE] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        // The argument is no part of the command's text, whatever is in it. The shell hears Ctrl-C too, and would die of
        // it once the editor is done; a trap, unlike an ignored signal, is not handed down to the editor.
        let words = ["sh", "-c", "trap : INT QUIT\n\(command) \"$1\"", "sh", argument]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let failure = posix_spawn(&child, "/bin/sh", nil, &attributes, arguments, environ)
        guard failure == 0 else {
            throw CommandFailure(.failed, "/bin/sh can't be started: \(String(cString: strerror(failure))).")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        // As a shell reports it: the exit status, or 128 and the number of the signal.
        let number = status & 0x7F
        return number == 0 ? status >> 8 & 0xFF : 128 + number
    }
}
