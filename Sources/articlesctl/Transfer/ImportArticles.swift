import ArgumentParser
import ArticlesClient
import Core
import Foundation

/// `articlesctl import`
struct ImportArticles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Post articles from a file: NDJSON, JSON of Django's dumpdata, RSS or Atom.",
        discussion: """
            Titles, bodies, topics, authors and times of publication are kept; ids are new. A line that can't be
            posted is named, and the rest goes on; the exit code is 65 then. Run again within a day after an
            interruption, the same file goes on where it was and posts nothing twice.

            Examples:
              articlesctl import articles.ndjson
              django-admin dumpdata articles.article | articlesctl import
              articlesctl import --from feed.xml --topic blog
              ssh old-server articlesctl export | articlesctl import --topic archive
            """)

    @Argument(help: "The file; \"-\", or none, is standard input.")
    var file: String?

    @Option(help: ArgumentHelp("The file, said in another way.", valueName: "file"))
    var from: String?

    @Option(help: "Post everything with this topic instead of its own.")
    var topic: String?

    @Flag(help: "Stop at the first line that can't be posted.")
    var strict = false

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    /// What one request carries at most.
    private static let (batchLines, batchBytes) = (500, 1024 * 1024)
    private static let readBytes = 256 * 1024

    func run() async throws {
        guard file == nil || from == nil else {
            throw CommandFailure(.usage, "Only one file can be imported at once.")
        }
        let (input, size) = try open(file ?? from)
        let job = ImportJob(strict: strict)
        do {
            try await connection.withClient { client in
                try await job.run(
                    pieces(input), size: size, topic: topic, client: client, batchLines: Self.batchLines,
                    batchBytes: Self.batchBytes)
            }
        } catch let failure as CommandFailure {
            let done = job.imported + job.repeated
            throw done == 0 ? failure : failure.adding("\(done) articles are there; the same command goes on.")
        }
        if json {
            Output.json(
                JSONValue.object([
                    JSONMember("imported", .integer(Int64(job.imported))),
                    JSONMember("there_already", .integer(Int64(job.repeated))),
                    JSONMember("failed", .integer(Int64(job.failed))),
                ]).bytes)
        } else {
            let more = job.repeated > 0 ? ", \(job.repeated) were there already" : ""
            Output.message(["imported \(job.imported) articles\(more)"])
        }
        guard job.failed == 0 else {
            throw CommandFailure(
                .badData, "\(job.failed) \(job.failed == 1 ? "line was" : "lines were") not imported; see above")
        }
    }

    private func open(_ file: String?) throws -> (FileHandle, size: Int?) {
        guard let file, file != "-" else {
            guard isatty(STDIN_FILENO) == 0 else {
                throw CommandFailure(.usage, "There is nothing to import.", "Name a file, or pipe one in.")
            }
            return (.standardInput, nil)
        }
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
            return (handle, size)
        } catch {
            throw CommandFailure(.noInput, "The file \(file) can't be read.")
        }
    }

    private func pieces(_ input: FileHandle) -> () throws -> Data? {
        {
            do {
                return try input.read(upToCount: Self.readBytes)
            } catch {
                throw CommandFailure(.noInput, "The input can't be read to its end: \(error.localizedDescription)")
            }
        }
    }
}

/// The state of one import.
final class ImportJob {
    private(set) var imported = 0
    private(set) var repeated = 0
    private(set) var failed = 0
    private let strict: Bool
    private var progress = Progress()

    /// How often a request that got no answer is sent again.
    private static let maxAttempts = 6
    private static let maxFeedBytes = 64 * 1024 * 1024

    init(strict: Bool) {
        self.strict = strict
    }

    /// Posts everything that `next` returns.
    ///
    /// - Parameter size: of all of it, in bytes; `nil` if that is not known.
    func run(
        _ next: () throws -> Data?, size: Int?, topic: String?, client: ArticlesClient, batchLines: Int, batchBytes: Int
    ) async throws {
        defer { progress.finish() }
        var splitter = ElementSplitter()
        var (ordinal, bytesRead, bytesWaiting) = (0, 0, 0)
        var waiting: [ImportLine] = []
        func take(_ element: ElementSplitter.Element) throws {
            ordinal += 1
            let line: ImportLine
            do {
                line = try ImportLine(element, ordinal: ordinal, topic: topic)
            } catch {
                return try refuse(line: element.line, error.reason)
            }
            waiting.append(line)
            bytesWaiting += line.json.count
        }
        func post() async throws {
            try await publish(waiting, client)
            waiting = []
            bytesWaiting = 0
            progress.update(imported + repeated, share: size.map { Double(bytesRead) / Double(max($0, 1)) })
        }
        var isFirst = true
        while let data = try next(), !data.isEmpty {
            if isFirst, FeedFile.isXML(data) {
                var feed = data
                // A feed is a page of news, not an archive.
                while feed.count <= Self.maxFeedBytes, let more = try next(), !more.isEmpty { feed += more }
                guard feed.count <= Self.maxFeedBytes else {
                    throw CommandFailure(.badData, "The feed has more than \(Self.maxFeedBytes / 1024 / 1024) MiB.")
                }
                for element in try FeedFile.lines(feed) { try take(element) }
                break
            }
            isFirst = false
            bytesRead += data.count
            for element in splitter.take(data) {
                try take(element)
                if waiting.count >= batchLines || bytesWaiting >= batchBytes { try await post() }
            }
        }
        for element in splitter.finish() { try take(element) }
        try await post()
    }

    private func refuse(line: Int, _ reason: String) throws {
        failed += 1
        progress.finish()
        let message = "line \(line): \(reason)"
        guard !strict else { throw CommandFailure(.badData, message) }
        Output.message([message])
    }

    /// Posts lines, and again those that the server could not take for now.
    private func publish(_ lines: [ImportLine], _ client: ArticlesClient) async throws {
        var rest = lines
        var attempts = 0
        while !rest.isEmpty {
            let answers: [BatchLineAnswer]
            do {
                answers = try await client.addBatch(rest.map(\.json))
            } catch {
                attempts += 1
                guard attempts < Self.maxAttempts, error.mayPass else { throw error }
                try await Task.sleep(for: .milliseconds(250 << attempts))
                continue
            }
            var again: [ImportLine] = []
            for answer in answers where rest.indices.contains(answer.line - 1) {
                let line = rest[answer.line - 1]
                switch answer.status {
                case 201: imported += 1
                case 200: repeated += 1
                case 409, 429, 503: again.append(line)
                default: try refuse(line: line.line, answer.detail)
                }
            }
            // The connection broke before all were answered: what was posted is known by its key.
            again += rest.dropFirst(answers.count)
            attempts = again.count < rest.count ? 0 : attempts + 1
            guard attempts < Self.maxAttempts else {
                throw ClientError.unreachable(
                    url: client.server.description, reason: "it takes no more articles for now")
            }
            if !again.isEmpty { try await Task.sleep(for: .milliseconds(500 << min(attempts, 4))) }
            rest = again
        }
    }
}

extension ClientError {
    /// Whether the same may succeed a little later.
    fileprivate var mayPass: Bool {
        switch self {
        case .unreachable: true
        case .refused(let status, _, _, _, _): [429, 502, 503, 504].contains(status)
        case .badURL, .badCredential, .badAuthorities, .unexpectedAnswer: false
        }
    }
}
