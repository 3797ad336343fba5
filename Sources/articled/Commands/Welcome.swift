import Foundation
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// What whoever starts the daemon needs to know next.
struct Welcome {
    let place: ListeningPlace
    /// `nil` without TLS.
    let certificates: Certificates?
    let basePath: BasePath
    /// What the node serves; `nil` means everything.
    let role: NodeRole?
    let directory: DataDirectory
    let setupLink: SetupLink
    let logger: Logger

    /// Prints it on standard output, once connections are accepted, and writes down where the daemon can be reached.
    func show() {
        let origin = origin
        // Behind a socket with a path nobody here knows what the site is called: its pages are paths.
        let base = (origin ?? "") + basePath.text
        var admin = "\(base)/admin"
        do {
            // Where commands of this machine find it.
            try directory.write(Array((own + "\n").utf8), to: directory.urlFile)
            if role != .websocket, let link = try setupLink.make(base: base) {
                logger.notice(
                    "There is no admin account yet; make one with the link in the file",
                    metadata: ["file": "\(directory.setupLinkFile)"])
                // Whoever looks at a terminal is at the machine; a log may be read by many.
                admin = isatty(STDOUT_FILENO) == 1 ? link : "\(admin)  (the first account: \(directory.setupLinkFile))"
            }
        } catch {
            logger.warning("The data directory can't be written to", metadata: ["error": "\(error)"])
        }
        guard let origin else { return say(socketLines(admin)) }
        guard role != .websocket else {
            return say([("feeds", "\(feed(base)), \(base)/events"), ("data", directory.path)])
        }
        let flags = (origin == "http://localhost:8000" ? "" : " --url \(origin)") + tokenFlag
        say(
            [
                ("page", "\(base)/"), ("admin", admin), ("feed", feed(base)), ("data", directory.path),
                ("local token", directory.tokenFile),
            ],
            """

            Try in other terminals:

              articlesctl add\(flags) --title "Hello" --body "First article"
              articles-tui\(flags)

            """)
    }

    /// Who has only such a socket is reached through a proxy; no port of this machine is the daemon's.
    private func socketLines(_ admin: String) -> [(String, String)] {
        var lines = [("socket", "\(place)")]
        if role != .websocket { lines.append(("admin", admin)) }
        return lines + [("data", directory.path), ("local token", directory.tokenFile)]
    }

    private func say(_ lines: [(name: String, value: String)], _ rest: String = "") {
        let list = lines.map { "  \($0.name.padding(toLength: 13, withPad: " ", startingAt: 0))\($0.value)\n" }.joined()
        FileHandle.standardOutput.write(Data("articled \(Version.number) is ready.\n\n\(list)\(rest)".utf8))
    }

    /// What clients are told of where the token is; nothing where they look for it themselves.
    private var tokenFlag: String {
        func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
        let usual = DataDirectory.defaultPath(environment: ProcessInfo.processInfo.environment)
        if case .port(let host, _) = place, case let name = visible(host),
            name == "localhost" || name.hasPrefix("127."), absolute(directory.path) == absolute(usual)
        {
            return ""
        }
        let file = absolute(directory.tokenFile)
        let isPlain = file.wholeMatch(of: /[A-Za-z0-9\/._+-]+/) != nil
        return " --token-file " + (isPlain ? file : "'\(file.replacing("'", with: #"'\''"#))'")
    }

    /// For people; `nil` without a port.
    private var origin: String? {
        guard case .port(let host, let port) = place else { return nil }
        return ListeningPlace.port(host: visible(host), port: port).url(isTLS: certificates != nil)
    }

    /// For commands of this machine.
    private var own: String {
        guard case .port(let host, let port) = place, ["0.0.0.0", "::"].contains(host) else {
            return place.url(isTLS: certificates != nil)
        }
        return ListeningPlace.port(host: "localhost", port: port).url(isTLS: certificates != nil)
    }

    /// The feed's own scheme is ws, or wss.
    private func feed(_ base: String) -> String {
        base.replacing("http", with: "ws", maxReplacements: 1) + "/articles"
    }

    /// What people call the machine; with TLS a name that the certificate is for.
    private func visible(_ host: String) -> String {
        let name = ["127.0.0.1", "::1", "0.0.0.0", "::"].contains(host) ? "localhost" : host
        guard let names = certificates?.newest.names, !names.contains(name) else { return name }
        return names.first { !$0.hasPrefix("*") } ?? name
    }
}
