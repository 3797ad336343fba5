import ArticlesClient
import Console
import Core
import Foundation

/// The viewer's connections to the world: a server with its feed, what is kept of it on disk, and other programs.
///
/// For the thread that draws; what takes time is done in tasks, whose answers come through the queue.
final class Desk: Outside {
    let config: Config
    let environment: [String: String]
    private let queue: EventQueue
    private let stateDirectory: String
    private let choices: ServerChoices
    private(set) var session: Session
    private let notifier: Notifier

    init(
        config: Config, environment: [String: String], choices: ServerChoices, first: ServerChoices.Choice,
        queue: EventQueue
    ) {
        self.config = config
        self.environment = environment
        self.choices = choices
        self.queue = queue
        stateDirectory = UserDirectories(environment).state
        notifier = Notifier(command: config.notify)
        session = Session(
            first, choices: choices, stateDirectory: stateDirectory, cache: config.cache, queue: queue, generation: 0)
    }

    func stop() {
        session.stop()
    }

    func perform(_ effect: Effect, terminal: any Terminal) -> [Event] {
        switch effect {
        case .quit, .redraw: return []
        case .loadBody(let id, let updated): return session.loadBody(id, updated: updated)
        case .loadPage(let request): return session.loadPage(request)
        case .search(let text, let topic): return session.search(text, topic: topic)
        case .findDay(let day, let topic): return session.find(day, topic: topic)
        case .loadTopics: session.loadTopics()
        case .keepRead(let ids, let isRead): session.keepRead(ids, isRead: isRead)
        case .browse(let link): return browse(link, terminal)
        case .copy(let text): terminal.copy(text)
        case .pipe(let command, let text): return pipe(text, to: command, terminal)
        case .compose(let composition): return compose(composition, terminal)
        case .delete(let article): return session.delete(article)
        case .post(let key): session.post(key: key)
        case .discard(let key): return session.discard(key: key)
        case .arrived(let article):
            if config.bell { terminal.ring() }
            notifier.tell(article, link: session.source.permalink(article.id))
        case .connect(let name): return connect(name)
        case .theme(let name): return use(theme: name, terminal)
        case .mouse(let isUsed): terminal.useMouse(isUsed)
        case .save(let article, let file): return save(article, file: file)
        }
        return []
    }

    // MARK: - Servers and themes

    private func connect(_ name: String) -> [Event] {
        guard let server = config.servers.first(where: { $0.name == name }) else { return [] }
        do {
            let choice = try choices.choice(server)
            let generation = queue.begin()
            session.stop()
            session = Session(
                choice, choices: choices, stateDirectory: stateDirectory, cache: config.cache, queue: queue,
                generation: generation)
            session.start()
            return [.opened(session.source, session.kept)]
        } catch {
            return [.notice("\(error)")]
        }
    }

    private func use(theme name: String, _ terminal: any Terminal) -> [Event] {
        guard let theme = config.theme(named: name) else { return [] }
        terminal.use(theme)
        return [.theme(name)]
    }

    // MARK: - Other programs

    private func browse(_ link: String, _ terminal: any Terminal) -> [Event] {
        let browsers = (environment["BROWSER"] ?? "").split(separator: ":").map(String.init)
        var failure = "no browser was found: set BROWSER"
        for browser in browsers.isEmpty ? ["xdg-open"] : browsers {
            // The link is an argument, also where a %s tells its place.
            let command = browser.contains("%s") ? browser.replacing("%s", with: "\"$1\"") : "\(browser) \"$1\""
            var status: Int32 = 0
            terminal.lend { status = ChildProgram.run(shell: command, arguments: [link]) }
            if status == 0 { return [.notice("opened \(link)")] }
            failure = "\(browser) failed (\(status)); set BROWSER to another"
        }
        return [.notice(failure)]
    }

    private func pipe(_ text: String, to command: String, _ terminal: any Terminal) -> [Event] {
        var status: Int32 = 0
        terminal.lend {
            status = ChildProgram.run(shell: command, input: text)
            // What the command wrote can be read before the picture comes back.
            let result = status == 0 ? "done" : "exit status \(status)"
            FileHandle.standardOutput.write(Data("\n[\(result)] Enter goes back ".utf8))
            _ = ChildProgram.run(shell: "read -r _")
        }
        return status == 0 ? [] : [.notice("\(command): exit status \(status)")]
    }

    private func save(_ article: Article, file: String) -> [Event] {
        let path = NSString(string: file).expandingTildeInPath
        guard !FileManager.default.fileExists(atPath: path) else { return [.notice("\(path) is there already")] }
        guard FileManager.default.createFile(atPath: path, contents: Data(Update.plainText(article).utf8)) else {
            return [.notice("\(path) can't be written")]
        }
        return [.notice("saved in \(path)")]
    }

    /// Lets the user write, and puts what was written into the outbox, from where it is posted.
    private func compose(_ composition: Composition, _ terminal: any Terminal) -> [Event] {
        let editor = DraftEditor(environment: environment)
        var result = DraftEditor.Result.nothing
        terminal.lend { result = editor.write(composition) }
        switch result {
        case .nothing: return [.notice("nothing was changed")]
        case .failed(let reason): return [.notice(reason)]
        case .entry(let entry): return session.send(entry)
        }
    }
}
