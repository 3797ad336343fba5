import Foundation
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// What whoever starts the daemon needs to know next.
struct Welcome {
    let host: String
    /// `nil` without TLS.
    let certificates: Certificates?
    let basePath: BasePath
    /// What the node serves; `nil` means everything.
    let role: NodeRole?
    let directory: DataDirectory
    let setupLink: SetupLink
    let logger: Logger

    /// Prints it on standard output, once connections are accepted, and writes down where the daemon can be reached.
    func show(port: Int) {
        let origin = url(visibleHost, port)
        let base = origin + basePath.text
        var admin = "\(base)/admin"
        do {
            // Where commands of this machine find it.
            let reachable = ["0.0.0.0", "::"].contains(host) ? "localhost" : host
            let own = url(reachable, port)
            try directory.write(Array((own + "\n").utf8), to: directory.urlFile)
            guard role != .websocket else { return sayReady(feeds: base) }
            if let link = try setupLink.make(base: base) {
                logger.notice(
                    "There is no admin account yet; make one with the link in the file",
                    metadata: ["file": "\(directory.setupLinkFile)"])
                // Whoever looks at a terminal is at the machine; a log may be read by many.
                admin = isatty(STDOUT_FILENO) == 1 ? link : "\(admin)  (the first account: \(directory.setupLinkFile))"
            }
        } catch {
            logger.warning("The data directory can't be written to", metadata: ["error": "\(error)"])
        }
        guard role != .websocket else { return sayReady(feeds: base) }
        let urlFlag = origin == "http://localhost:8000" ? "" : " --url \(origin)"
        let text = """
            articled \(Version.number) is ready.

              page         \(base)/
              admin        \(admin)
              feed         \(feed(base))
              data         \(directory.path)
              local token  \(directory.tokenFile)

            Try in other terminals:

              articlesctl add\(urlFlag) --title "Hello" --body "First article"
              articles-tui\(urlFlag)

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private func url(_ host: String, _ port: Int) -> String {
        "\(certificates == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// The feed's own scheme is ws, or wss.
    private func feed(_ base: String) -> String {
        base.replacing("http", with: "ws", maxReplacements: 1) + "/articles"
    }

    /// What people call the machine; with TLS a name that the certificate is for.
    private var visibleHost: String {
        let name = ["127.0.0.1", "::1", "0.0.0.0", "::"].contains(host) ? "localhost" : host
        guard let names = certificates?.newest.names, !names.contains(name) else { return name }
        return names.first { !$0.hasPrefix("*") } ?? name
    }

    /// A node that has no page and takes no articles.
    private func sayReady(feeds base: String) {
        let text = """
            articled \(Version.number) is ready.

              feeds        \(feed(base)), \(base)/events
              data         \(directory.path)

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
