import Glibc
import Testing

@testable import articled

let isIOURingOffered = (try? SendRing()) != nil

/// Two connected sockets, of which the near one takes some thousand bytes that nobody has read, or as many as the system allows.
final class SocketPair {
    let near: CInt
    private let far: CInt

    init(isSmall: Bool = false) throws {
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        (near, far) = (ends[0], ends[1])
        // The least that there is, 4,608 bytes (socket(7)).
        var size: CInt = 1
        if isSmall { setsockopt(near, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size)) }
    }

    deinit {
        close(near)
        close(far)
    }

    /// Sends until nothing more is taken.
    func fill() {
        let bytes = [UInt8](repeating: 0x2e, count: 100)
        while send(near, bytes, bytes.count, CInt(MSG_DONTWAIT)) > 0 {}
    }

    /// Nobody will read any more.
    func closeFarEnd() { shutdown(far, CInt(SHUT_RDWR)) }

    /// What has arrived and was not taken yet.
    func take() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = recv(far, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        return Array(bytes.prefix(max(0, count)))
    }
}

/// Where the kernel does not offer it, there is nothing to try: what is done instead is tried end to end.
@Suite("Sends that the kernel is given many at a time", .enabled(if: isIOURingOffered))
struct SendRingTests {
    private let ring: SendRing

    init() throws {
        ring = try SendRing()
    }

    private func send(_ bytes: [UInt8], to descriptors: [CInt]) -> (together: Int, taken: [Int]) {
        let together = bytes.withUnsafeBytes { ring.send($0, to: descriptors[...]) }
        return (together, descriptors.indices.map { ring[$0] })
    }

    @Test(
        "each socket gets all bytes, also where there are more sockets than one call carries",
        arguments: [1, 1024, 2500])
    func all(count: Int) throws {
        let pairs = try (0..<50).map { _ in try SocketPair() }
        let bytes = Array("some bytes;".utf8)
        let (together, taken) = send(bytes, to: (0..<count).map { pairs[$0 % 50].near })
        #expect(together == count)
        #expect(taken.allSatisfy { $0 == bytes.count })
        for (index, pair) in pairs.enumerated() {
            let share = (count - index + 49) / 50
            #expect(pair.take() == Array(repeatElement(bytes, count: share).joined()))
        }
    }

    @Test("a socket that is full, or gone, or none, is told of at its place, and the others have everything")
    func refusals() throws {
        let pairs = try (0..<6).map { _ in try SocketPair() }
        pairs[1].fill()
        pairs[2].closeFarEnd()
        // Other tests of this process may have any that is possible.
        let gone = CInt.max
        let bytes = Array("news".utf8)
        let (together, taken) = send(
            bytes, to: [pairs[0].near, pairs[1].near, pairs[2].near, gone, -1, pairs[3].near, pairs[4].near])
        // All but the one that is none.
        #expect(together == 6)
        #expect(taken == [4, -1, -1, -1, -1, 4, 4])
        for index in [0, 3, 4] { #expect(pairs[index].take() == bytes) }
        #expect(pairs[5].take().isEmpty)
    }

    @Test("of more bytes than fit, it says how many were taken; and it never waits")
    func part() throws {
        let pairs = try (0..<3).map { _ in try SocketPair(isSmall: true) }
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let (_, taken) = send(bytes, to: pairs.map(\.near))
        for (pair, count) in zip(pairs, taken) {
            #expect(count > 0 && count < bytes.count)
            #expect(pair.take() == Array(bytes.prefix(count)))
        }
    }

    @Test("what the kernel does not take is sent by itself")
    func withoutRing() throws {
        let pairs = try (0..<3).map { _ in try SocketPair() }
        pairs[1].fill()
        let nothing = open("/dev/null", O_RDWR)
        try #require(nothing >= 0 && dup2(nothing, ring.descriptor) == ring.descriptor)
        close(nothing)
        for _ in 0..<2 {
            let (together, taken) = send(Array("one".utf8), to: pairs.map(\.near))
            #expect(together == 0 && taken == [3, -1, 3])
        }
        for index in [0, 2] { #expect(pairs[index].take() == Array("oneone".utf8)) }
    }

    @Test("a view of a part of a group has its results from the first place on")
    func slice() throws {
        let pairs = try (0..<4).map { _ in try SocketPair() }
        let descriptors = pairs.map(\.near)
        pairs[2].fill()
        let together = Array("abc".utf8).withUnsafeBytes { ring.send($0, to: descriptors[1..<3]) }
        #expect(together == 2 && ring[0] == 3 && ring[1] == -1)
        #expect(pairs[0].take().isEmpty && pairs[1].take().count == 3 && pairs[3].take().isEmpty)
    }
}
