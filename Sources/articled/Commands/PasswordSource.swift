import ArgumentParser
import Dispatch
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Where a password comes from: a prompt that shows nothing, or standard input; never an argument, which others can see.
struct PasswordSource: ParsableArguments {
    @Flag(help: "Read the password from standard input, its first line.")
    var passwordStdin = false

    /// - Throws: `ValidationError` if there is none.
    func read(for name: String) throws -> String {
        if passwordStdin {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw ValidationError("There is no password on standard input.")
            }
            return line
        }
        guard isatty(STDIN_FILENO) == 1 else {
            throw ValidationError("There is no terminal to ask for the password. Use --password-stdin.")
        }
        let password = try Self.ask("Password for \(name): ")
        guard try Self.ask("Password again: ") == password else {
            throw ValidationError("The two passwords are not the same.")
        }
        return password
    }

    private static func ask(_ question: String) throws -> String {
        FileHandle.standardError.write(Data(question.utf8))
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        // Whoever interrupts the question gets a terminal that shows what is typed.
        signal(SIGINT, SIG_IGN)
        let interruption = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interruption.setEventHandler { [before] in
            var before = before
            tcsetattr(STDIN_FILENO, TCSANOW, &before)
            FileHandle.standardError.write(Data("\n".utf8))
            Glibc.exit(130)
        }
        interruption.resume()
        defer {
            interruption.cancel()
            signal(SIGINT, SIG_DFL)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        guard let line = readLine(strippingNewline: true) else {
            throw ValidationError("The terminal was closed.")
        }
        return line
    }
}
