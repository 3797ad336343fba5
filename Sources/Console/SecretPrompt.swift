import Dispatch
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Asks on the terminal for what nobody may see.
public enum SecretPrompt {
    /// Whether there is a terminal to ask on.
    public static var isPossible: Bool { isatty(STDIN_FILENO) == 1 }

    /// Shows a question on standard error and reads a line that is not shown. Interrupted, the process ends with status
    /// 130 and the terminal shows again what is typed.
    ///
    /// - Returns: `nil` if the terminal was closed.
    public static func ask(_ question: String) -> String? {
        FileHandle.standardError.write(Data(question.utf8))
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        let handler = signal(SIGINT, SIG_IGN)
        let interruption = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interruption.setEventHandler { [before] in
            var before = before
            tcsetattr(STDIN_FILENO, TCSANOW, &before)
            FileHandle.standardError.write(Data("\n".utf8))
            exit(130)
        }
        interruption.resume()
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            interruption.cancel()
            signal(SIGINT, handler)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return readLine(strippingNewline: true)
    }
}
