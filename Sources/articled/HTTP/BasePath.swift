import ArgumentParser
import NIOHTTP1

/// The path that everything lies under where a proxy gives the daemon a part of a site (`--base-path`).
///
/// Requests may have it or not: some proxies pass it on, some take it away, and programs of the daemon's own machine
/// come without. Every link, redirect and cookie has it.
struct BasePath: Hashable, Sendable {
    /// Begins with a slash and does not end with one; empty for the root.
    let text: String

    static let root = BasePath(text: "")

    private init(text: String) {
        self.text = text
    }

    /// Reads `/news` or `/news/`; nothing that would have to be escaped, or that names another place than it seems to.
    init?(_ argument: String) {
        guard argument.hasPrefix("/") else { return nil }
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        // A slash at the end is a matter of taste.
        let segments = parts.last == "" ? parts.dropLast() : parts
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.allSatisfy(allowed.contains) })
        else { return nil }
        text = segments.map { "/" + $0 }.joined()
    }

    /// The link to a path of the daemon.
    ///
    /// - Parameter path: begins with a slash.
    func link(_ path: String) -> String {
        text + path
    }

    /// The target of a request (RFC 9112 section 3.2) without the base path, if it has it.
    func local(_ target: String) -> String {
        guard !text.isEmpty, target.hasPrefix(text) else { return target }
        let rest = target.dropFirst(text.count)
        switch rest.utf8.first {
        case UInt8(ascii: "/"): return String(rest)
        case nil, UInt8(ascii: "?"): return "/" + rest
        default: return target
        }
    }
}

extension BasePath {
    /// A request as the routes know it.
    func local(_ head: HTTPRequestHead) -> HTTPRequestHead {
        // Nothing is copied for nothing: every publication comes through here.
        guard !text.isEmpty else { return head }
        var head = head
        head.uri = local(head.uri)
        return head
    }
}

extension BasePath: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }

    var defaultValueDescription: String { text.isEmpty ? "/" : text }
}
