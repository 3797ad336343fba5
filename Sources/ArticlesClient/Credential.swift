import Core
import Foundation

/// What shows a server who is calling: a token. Never printed.
public struct Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    let token: String
    /// Nobody has named it: it was found on this machine, and may be another server's.
    let isFound: Bool

    /// One that was just typed.
    ///
    /// - Throws: ``ClientError/badCredential(_:)`` if it is no single word.
    public init(typed text: String) throws(ClientError) {
        guard let token = Self.token(in: text) else { throw .badCredential("A token is one word and nothing else.") }
        self.init(token: token)
    }

    /// For ``LoginFile``.
    public func keep(in file: LoginFile, for server: ServerURL) throws {
        try file.keep(token, for: server)
    }

    init(token: String, isFound: Bool = false) {
        self.token = token
        self.isFound = isFound
    }

    public var description: String { "a token" }
    public var debugDescription: String { description }

    /// Finds the token to use: the file that was named, then `ARTICLES_TOKEN`, then that of `articlesctl login`, then, for
    /// a server on this machine, the token of its daemon. `nil` if there is none: reading may still be allowed.
    ///
    /// - Throws: ``ClientError/badCredential(_:)`` if the file that was named, or `ARTICLES_TOKEN`, can't be used.
    public static func resolve(
        tokenFile: String?, environment: [String: String], server: ServerURL
    ) throws(ClientError) -> Credential? {
        if let tokenFile {
            guard let text = content(ofFile: tokenFile) else {
                throw .badCredential("The token file \(tokenFile) can't be read (--token-file).")
            }
            guard let token = token(in: text) else {
                throw .badCredential("The token file \(tokenFile) must hold one token and nothing else (--token-file).")
            }
            return Credential(token: token)
        }
        if let text = environment["ARTICLES_TOKEN"], !text.isEmpty {
            guard let token = token(in: text) else {
                throw .badCredential("ARTICLES_TOKEN must be one token and nothing else.")
            }
            return Credential(token: token)
        }
        if let token = LoginFile(environment: environment).token(for: server) { return Credential(token: token) }
        guard server.isLoopback,
            let text = localDataDirectories(environment).lazy.filter(isOfAPort)
                .compactMap({ content(ofFile: $0 + "/local-token") }).first
        else { return nil }
        return token(in: text).map { Credential(token: $0, isFound: true) }
    }

    /// Where a daemon of this machine keeps its token, best guess first.
    private static func localDataDirectories(_ environment: [String: String]) -> [String] {
        if let directory = environment["ARTICLED_DATA_DIR"], !directory.isEmpty { return [directory] }
        let base = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let own = base ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share"
        return [own + "/articled", PackagedDaemon.dataDirectory]
    }

    /// Whether the daemon of a data directory may be who listens on a port. Where it has written down a socket with a path
    /// instead it is not, and its token is nobody's business there.
    private static func isOfAPort(_ directory: String) -> Bool {
        content(ofFile: directory + "/url")?.contains("+unix://") != true
    }

    /// Through a handle, for the shell's `<(…)` is no regular file.
    private static func content(ofFile path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() ?? Data() else {
            return nil
        }
        return String(data: data, encoding: .utf8)
    }

    /// A token goes into a header: one word of visible ASCII.
    private static func token(in text: String) -> String? {
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return token.isEmpty || !token.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? nil : token
    }
}
