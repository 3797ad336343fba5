import Core

/// Lines that the user types.
extension Update {
    static func type(_ key: Key, _ model: inout Model) {
        guard var prompt = model.prompt else { return }
        switch key {
        case .enter:
            model.prompt = nil
            finish(prompt, &model)
            return
        case .escape, .control("g"):
            model.prompt = nil
            if prompt.kind == .filter { filter("", &model) }
            return
        case .backspace where prompt.line.isEmpty:
            model.prompt = nil
            return
        case .tab where prompt.kind == .command:
            prompt.replace(TypedCommand.completed(prompt.line))
        default:
            prompt.edit(key)
        }
        model.prompt = prompt
        if prompt.kind == .filter { filter(prompt.line, &model) }
    }

    private static func finish(_ prompt: Prompt, _ model: inout Model) {
        let line = prompt.line
        if !line.isEmpty, model.typed[prompt.kind]?.last != line { model.typed[prompt.kind, default: []].append(line) }
        switch prompt.kind {
        case .search: search(line, &model)
        case .filter: filter(line, &model)
        case .date: goToDay(line, &model)
        case .pipe: pipe(line, &model)
        case .command: run(line, &model)
        }
    }

    static func filter(_ text: String, _ model: inout Model) {
        var view = model.view
        view.filter = TextFilter(text)
        show(view, &model)
    }

    static func goToDay(_ text: String, _ model: inout Model) {
        guard !text.isEmpty else { return }
        guard let day = Day(text, today: model.today, timeZone: model.appearance.timeZone) else {
            model.notice = "\"\(text)\" is no day such as 2026-11-23, today, yesterday or -7"
            return
        }
        go(to: day, &model)
    }

    // MARK: - The command line

    static func run(_ line: String, _ model: inout Model) {
        guard let (word, rest) = TypedCommand.split(line) else { return }
        guard let entry = TypedCommand.entry(word) else {
            model.notice = "there is no command \(word.prefix(20)); ? lists the keys"
            return
        }
        switch entry {
        case .command(let command): rest.isEmpty ? perform(command, &model) : run(command, with: rest, &model)
        case .link:
            guard let number = Int(rest) else { return model.notice = ":link needs a number" }
            browse(link: number, &model)
        case .theme:
            guard !rest.isEmpty else { return model.notice = "themes: \(Theme.names.joined(separator: ", "))" }
            guard Theme.names.contains(rest) else {
                model.notice = "there is no theme \(rest); there are \(Theme.names.joined(separator: ", "))"
                return
            }
            model.ask(.theme(rest))
        case .save:
            guard !rest.isEmpty else { return model.notice = ":save needs a file" }
            if let article = subjectArticle(&model) { model.ask(.save(article, file: rest)) }
        }
    }

    private static func run(_ command: Command, with rest: String, _ model: inout Model) {
        switch command {
        case .search: search(rest, &model)
        case .filter: filter(rest, &model)
        case .date: goToDay(rest, &model)
        case .pipe: pipe(rest, &model)
        case .server: connect(rest, &model)
        case .topic: isTopic(rest) ? show(topic: rest, &model) : (model.notice = "\(rest) is no topic")
        default: model.notice = ":\(command.rawValue) takes nothing more"
        }
    }
}

/// What can be typed behind a colon: every command that has a key, by its name, and some more.
enum TypedCommand {
    enum Entry: Hashable {
        case command(Command)
        case link, theme, save
    }

    private static let more: [String: Entry] = ["link": .link, "theme": .theme, "save": .save]
    private static let short: [String: Command] = ["q": .quit, "h": .help, "w": .outbox]

    static var names: [String] { (Command.allCases.map(\.rawValue) + more.keys).sorted() }

    static func split(_ line: String) -> (word: String, rest: String)? {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard let word = parts.first else { return nil }
        let rest = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
        return (String(word), String(rest))
    }

    static func entry(_ word: String) -> Entry? {
        if let command = Command(rawValue: word) ?? short[word] { return .command(command) }
        return more[word]
    }

    /// The line with its first word completed as far as there is only one way.
    static func completed(_ line: String) -> String {
        guard !line.contains(" ") else { return line }
        let names = names.filter { $0.hasPrefix(line) }
        guard let first = names.first else { return line }
        if names.count == 1 { return first + " " }
        return names.dropFirst().reduce(first) { String(zip($0, $1).prefix { $0 == $1 }.map(\.0)) }
    }
}
