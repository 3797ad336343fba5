import Foundation
import Testing

@testable import articled

@Suite("What the process uses")
struct ProcessFiguresTests {
    @Test("a name with brackets and spaces does not shift the fields")
    func stat() {
        let fields = ProcessFigures.statFields("12 (a) b (c) S 1 2 3")
        #expect(fields[4] == 1 && fields[6] == 3 && fields[3] == nil)
    }

    @Test("the time of the machine's start is read")
    func boot() {
        #expect(ProcessFigures.bootTime("cpu 1 2\nbtime 1700000000\nprocesses 3\n") == 1_700_000_000)
        #expect(ProcessFigures.bootTime("") == 0)
    }

    @Test("this process has memory, threads, descriptors and a past")
    func current() {
        let figures = ProcessFigures.current()
        #expect(figures.residentBytes > 1_000_000 && figures.virtualBytes > figures.residentBytes)
        #expect(figures.threads >= 1 && figures.cpuSeconds > 0)
        #expect(figures.openFiles >= 3 && figures.maxFiles >= figures.openFiles)
        let age = Date().timeIntervalSince1970 - figures.startTime
        #expect(age > -60 && age < 86_400)
    }

    @Test("an open file is one more descriptor")
    func descriptors() throws {
        // Other tests open and close files meanwhile: many at once are seen all the same.
        let before = ProcessFigures.current().openFiles
        let files = try (0..<500).map { _ in try #require(FileHandle(forReadingAtPath: "/dev/null")) }
        #expect(ProcessFigures.current().openFiles > before + 250)
        withExtendedLifetime(files) {}
    }
}
