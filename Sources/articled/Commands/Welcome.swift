import Foundation
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// What whoever starts the daemon needs to know next.
struct Welcome {
    let host: String
    let basePath: BasePath
    /// What the node serves; `nil` means everything.
    let role: NodeRole?
    let directory: DataDirectory
    let setupLink: SetupLink
    let logger: Logger

    /// Prints it on standard output, once connections are accepted, and writes down where the daemon can be reached.
    func show(port: Int) {
        let visibleHost = ["127.0.0.1", "::1", "0.0.0.0", "::"].contains(host) ? "localhost" : host
        let origin = "http://\(visibleHost.contains(":") ? "[\(visibleHost)]" : visibleHost):\(port)"
        let base = origin + basePath.text
        var admin = "\(base)/admin"
        do {
            // Where commands of this machine find it.
            let reachable = ["0.0.0.0", "::"].contains(host) ? "localhost" : host
            let own = "http://\(reachable.contains(":") ? "[\(reachable)]" : reachable):\(port)"
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
              data         \(directory.path)
              local token  \(directory.tokenFile)

            Try in other terminals:

              articlesctl add\(urlFlag) --title "Hello" --body "First article"
              articles-tui\(urlFlag)

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// A node that has no page and takes no articles.
    private func sayReady(feeds base: String) {
        let text = """
            articled \(Version.number) is ready.

              feeds        \(base.replacing("http", with: "ws", maxReplacements: 1))/articles, \(base)/events
              data         \(directory.path)

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
