import ArgumentParser
import Core
import Testing

@testable import articled

@Suite("What articled size recommends")
struct RecommendationTests {
    private let usual = Measurements(
        machine: MachineLimits(cores: 4, memory: 8 << 30, openFiles: 1_048_576), articleBytes: 1000, alone: 900,
        together: 21_345, sends: 345_678)

    private func value(_ name: String, _ found: Measurements) throws -> Retention {
        let flag = try #require(Recommendation(found).flags.first { $0.name == name })
        return try #require(Retention(argument: flag.value))
    }

    @Test("the flags are such that serve takes them")
    func flagsAreValid() throws {
        for found in [usual, slow, tiny] {
            let words = Recommendation(found).commandLine.split(separator: " ").dropFirst(2).map(String.init)
            #expect(try Settings.parse(words).threads == found.machine.cores)
        }
    }

    @Test("the queue holds what the disk stores in five seconds")
    func queueFollowsTheDisk() throws {
        #expect(try value("--queue", usual).events == 100_000)
        #expect(try value("--queue", slow).events == 200)
    }

    @Test("queue and backlog together take no more than an eighth of the memory")
    func memoryIsKept() throws {
        for memory in [64 << 20, 512 << 20, 8 << 30, 64 << 30] {
            var found = usual
            found.machine.memory = memory
            let (queue, backlog) = (try value("--queue", found), try value("--backlog", found))
            #expect(try #require(queue.bytes) + #require(backlog.bytes) <= memory / 8)
        }
    }

    @Test("what bounds the number of subscribers is named")
    func bounds() {
        var found = usual
        #expect(Recommendation(found).notes[0].contains("260000, because of the memory"))
        found.machine.openFiles = 1024
        #expect(Recommendation(found).notes[0].contains("820, because of the limit on open files"))
    }

    @Test("a slow disk is said to be one")
    func slowDisk() {
        #expect(Recommendation(slow).notes.contains { $0.contains("faster one") })
        #expect(!Recommendation(usual).notes.contains { $0.contains("faster one") })
    }

    @Test("numbers have two digits")
    func rounding() {
        let rounded = [0, 7, 99, 100, 123, 9999, 123_456].map(Recommendation.rounded)
        #expect(rounded == [0, 7, 99, 100, 120, 9900, 120_000])
    }

    @Test("available memory is read out of /proc/meminfo")
    func memory() {
        let meminfo = "MemTotal: 9 kB\nMemAvailable:   22706 kB\nX: 1\n"
        #expect(MachineLimits.availableMemory(meminfo: meminfo) == 22706 * 1024)
        #expect(MachineLimits.availableMemory(meminfo: "") == 0)
    }

    private var slow: Measurements {
        var found = usual
        (found.alone, found.together) = (12, 40)
        return found
    }

    private var tiny: Measurements {
        var found = usual
        found.machine = MachineLimits(cores: 1, memory: 0, openFiles: 256)
        found.articleBytes = 64 * 1024
        return found
    }
}
