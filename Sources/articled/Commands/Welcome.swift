import Foundation

/// What whoever starts the daemon needs to know next.
struct Welcome {
    let host: String
    let directory: DataDirectory

    /// Prints it on standard output, once connections are accepted.
    func show(port: Int) {
        let visibleHost = ["127.0.0.1", "::1", "0.0.0.0", "::"].contains(host) ? "localhost" : host
        let base = "http://\(visibleHost.contains(":") ? "[\(visibleHost)]" : visibleHost):\(port)"
        let urlFlag = base == "http://localhost:8000" ? "" : " --url \(base)"
        let text = """
            articled \(Version.number) is ready.

              page         \(base)/
              admin        \(base)/admin
              data         \(directory.path)
              local token  \(directory.tokenFile)

            Try in other terminals:

              articlesctl add\(urlFlag) --title "Hello" --body "First article"
              articles-tui\(urlFlag)

            """
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
