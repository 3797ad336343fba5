import Foundation

/// What shows a server who is calling: a token. Never printed.
public struct Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    let token: String

    public var description: String { "a token" }
    public var debugDescription: String { description }

    /// Finds the token to use: the file that was named, then `ARTICLES_TOKEN`, then, for a server on this machine, the
    /// token of its daemon. `nil` if there is none: reading may still be allowed.
    ///
    /// - Throws: ``ClientError/badCredential(_:)`` if the file that was named can't be used.
    public static func resolve(
        tokenFile: String?, environment: [String: String], server: ServerURL
    ) throws(ClientError) -> Credential? {
        if let tokenFile {
            guard let token = token(inFile: tokenFile) else {
                throw .badCredential("The token file \(tokenFile) can't be read or is empty (--token-file).")
            }
            return Credential(token: token)
        }
        if let token = environment["ARTICLES_TOKEN"], !token.isEmpty { return Credential(token: token) }
        guard server.isLoopback else { return nil }
        return token(inFile: localTokenFile(environment)).map(Credential.init(token:))
    }

    private static func localTokenFile(_ environment: [String: String]) -> String {
        if let directory = environment["ARTICLED_DATA_DIR"], !directory.isEmpty { return directory + "/local-token" }
        if let base = environment["XDG_DATA_HOME"], base.hasPrefix("/") { return base + "/articled/local-token" }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/articled/local-token"
    }

    private static func token(inFile path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        // A token goes into a header: one word of visible ASCII.
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return token
    }
}
