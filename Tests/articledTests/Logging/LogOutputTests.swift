import Foundation
import Logging
import Synchronization
import Testing

@testable import articled

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Where the log goes")
struct LogOutputTests {
    /// A pipe with a log at its one end.
    private struct Reader {
        let reading: FileHandle
        let writing: FileHandle
        let output: LogOutput

        init(_ format: LogFormat = .text) throws {
            var ends: [CInt] = [-1, -1]
            // Programs that other tests start meanwhile must not keep it open.
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
            reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
            writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
            output = LogOutput(format: format, descriptor: ends[1])
        }

        func write(_ message: String) {
            output.write(LogEntry(level: .info, message: message, metadata: [:]))
        }

        /// All that is written until the pipe is closed.
        func rest() throws -> String {
            output.flush()
            try writing.close()
            return String(decoding: try reading.readToEnd() ?? Data(), as: UTF8.self)
        }
    }

    @Test("lines come in order, whole, from many threads")
    func order() async throws {
        let reader = try Reader()
        await withTaskGroup { group in
            for writer in 0..<4 {
                group.addTask { for number in 0..<100 { reader.write("w\(writer) \(number)") } }
            }
        }
        let lines = try reader.rest().split(separator: "\n")
        #expect(lines.count == 400)
        for writer in 0..<4 {
            let own = lines.compactMap { line in
                line.split(separator: " ").dropFirst(2).first == "w\(writer)" ? line.split(separator: " ").last : nil
            }
            #expect(own.compactMap { Int($0) } == Array(0..<100))
        }
    }

    @Test("auto is JSON where the log is no terminal")
    func automatic() throws {
        let reader = try Reader(.auto)
        reader.write("m")
        #expect(try reader.rest().hasPrefix("{\"time\""))
    }

    @Test("nobody who logs waits for a reader that does not read; what is lost is counted and said")
    func fullPipe() throws {
        let reader = try Reader(.json)
        let long = String(repeating: "x", count: 1000)
        // Far more than a pipe and what may wait.
        for _ in 0..<5000 { reader.write(long) }
        let dropped = reader.output.droppedLines
        #expect(dropped > 1000 && dropped < 5000)
        // The reader comes back, on a thread of its own.
        let text = Mutex("")
        let isRead = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let data = try? reader.reading.readToEnd()
            text.withLock { $0 = String(decoding: data ?? Data(), as: UTF8.self) }
            isRead.signal()
        }
        reader.output.flush()
        reader.write("The end")
        reader.output.flush()
        try reader.writing.close()
        isRead.wait()
        let said = text.withLock { $0 }
        #expect(said.contains("\"lines\":\(dropped)") && said.contains("The end"))
    }
}

@Suite("The log's level")
struct SharedLogLevelTests {
    @Test("it changes for all loggers at once, and who has one of its own never says more than the others")
    func change() {
        let logs = Logs(format: .text, level: .info)
        let logger = logs.logger
        var own = logger
        own.logLevel = .error
        #expect(logger.logLevel == .info)
        logs.level.change(to: .debug)
        #expect(logger.logLevel == .debug && logs.logger.logLevel == .debug && own.logLevel == .error)
        logs.level.change(to: .critical)
        #expect(own.logLevel == .critical)
    }

    @Test("warnings and graver lines are remembered and counted")
    func problems() {
        let logs = Logs(format: .text, level: .warning)
        logs.logger.info("not this")
        logs.logger.warning("This", metadata: ["error": "cause"])
        #expect(logs.problems.latest.map(\.message) == ["This: cause"])
        #expect(logs.counts.total(.warning) == 1 && logs.counts.total(.error) == 0)
    }
}
