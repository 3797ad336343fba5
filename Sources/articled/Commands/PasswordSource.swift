import ArgumentParser
import Console

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
        guard SecretPrompt.isPossible else {
            throw ValidationError("There is no terminal to ask for the password. Use --password-stdin.")
        }
        let password = SecretPrompt.ask("Password for \(name): ") ?? ""
        guard SecretPrompt.ask("Password again: ") == password else {
            throw ValidationError("The two passwords are not the same.")
        }
        return password
    }
}
