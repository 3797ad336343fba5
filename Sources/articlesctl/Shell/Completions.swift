import ArgumentParser

/// `articlesctl completions`
struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print a script that completes commands and options in your shell.",
        discussion: """
            Examples:
              articlesctl completions bash > ~/.local/share/bash-completion/completions/articlesctl
              articlesctl completions zsh > "${fpath[1]}/_articlesctl"
              articlesctl completions fish > ~/.config/fish/completions/articlesctl.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let script =
            switch shell {
            case .bash: Articlesctl.completionScript(for: .bash)
            case .zsh: Articlesctl.completionScript(for: .zsh)
            case .fish: Articlesctl.completionScript(for: .fish)
            }
        Output.line(script)
    }
}
