import Foundation
import LoadSockets

/// The text by which a load knows its articles again: `BENCH:<seq>:<nanoseconds>:`, the time that of CLOCK_MONOTONIC when
/// the article was to be sent. Other programs on the same machine can read it too.
enum Marker {
    /// What it may take: two numbers of 64 bits, and what is around them.
    static let maxBytes = 48

    /// An article that came, by its marker and its event's cursor.
    struct Delivery: Equatable {
        /// From 1.
        let seq: UInt64
        /// When it was to be sent, in nanoseconds.
        let time: UInt64
        /// Of the cursor; both 0 if there is none.
        let place: UInt64
        let nonce: UInt32
    }

    /// Writes the marker over what is there.
    @inline(__always)
    static func write(_ seq: UInt64, _ time: UInt64, at target: UnsafeMutablePointer<UInt8>) {
        var next = target
        for index in 0..<name.utf8CodeUnitCount { put(name.utf8Start[index], &next) }
        write(seq, &next)
        put(UInt8(ascii: ":"), &next)
        write(time, &next)
        put(UInt8(ascii: ":"), &next)
    }

    @inline(__always)
    private static func put(_ byte: UInt8, _ next: inout UnsafeMutablePointer<UInt8>) {
        next.pointee = byte
        next += 1
    }

    private static func write(_ number: UInt64, _ next: inout UnsafeMutablePointer<UInt8>) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            put(UInt8(ascii: "0") + UInt8(number / divisor % 10), &next)
            divisor /= 10
        }
    }

    /// Finds all markers in bytes that hold whole events.
    ///
    /// - Parameter cursors: whether the events have any.
    @inline(__always)
    static func scan(_ bytes: UnsafePointer<UInt8>, _ count: Int, cursors: Bool, _ body: (Delivery) -> Void) {
        let end = bytes + count
        var next = bytes
        while next < end, let found = memchr(next, 66, end - next) {
            next = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
            guard end - next > 8, next[1] == 69, next[2] == 78, next[3] == 67, next[4] == 72, next[5] == 58 else {
                next += 1
                continue
            }
            next += 6
            let seq = number(&next, end)
            guard next < end, next.pointee == UInt8(ascii: ":") else { continue }
            next += 1
            let time = number(&next, end)
            guard next < end, next.pointee == UInt8(ascii: ":") else { continue }
            let (place, nonce) = cursors ? cursor(&next, end) : (0, 0)
            body(Delivery(seq: seq, time: time, place: place, nonce: nonce))
        }
    }

    @inline(__always)
    private static func number(_ next: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt64 {
        var number: UInt64 = 0
        while next < end, next.pointee &- 48 < 10 {
            number = number &* 10 &+ UInt64(next.pointee &- 48)
            next += 1
        }
        return number
    }

    private static let name: StaticString = "BENCH:"
    private static let member: StaticString = "\"cursor\":\""
    private static let created: StaticString = "},\"event\":\"created\",\"cursor\":\""

    /// The cursor of the event that `next` is in the body of, and `next` behind it.
    @inline(__always)
    private static func cursor(
        _ next: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> (UInt64, UInt32) {
        // Bodies of a load have no brace: the next one nearly always ends the fields.
        if let brace = memchr(next, 125, end - next)?.assumingMemoryBound(to: UInt8.self),
            end - UnsafePointer(brace) > created.utf8CodeUnitCount,
            memcmp(brace, created.utf8Start, created.utf8CodeUnitCount) == 0
        {
            next = UnsafePointer(brace) + created.utf8CodeUnitCount
            return cursorText(&next, end)
        }
        guard let found = load_find(next, end - next, text(member), member.utf8CodeUnitCount) else { return (0, 0) }
        next = found + member.utf8CodeUnitCount
        return cursorText(&next, end)
    }

    /// Reads `42-9c1e7a3b`.
    @inline(__always)
    static func cursorText(
        _ next: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> (place: UInt64, nonce: UInt32) {
        let place = number(&next, end)
        guard next < end, next.pointee == UInt8(ascii: "-") else { return (0, 0) }
        next += 1
        var nonce: UInt32 = 0
        var digits = 0
        while next < end, digits < 8 {
            let byte = next.pointee
            let digit = byte &- 48 < 10 ? byte &- 48 : byte &- 87
            guard digit < 16 else { break }
            nonce = nonce << 4 | UInt32(digit)
            digits += 1
            next += 1
        }
        return digits == 8 ? (place, nonce) : (0, 0)
    }

    /// The first cursor in some bytes.
    static func firstCursor(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> (place: UInt64, nonce: UInt32)? {
        guard let found = load_find(bytes, count, text(member), member.utf8CodeUnitCount) else { return nil }
        var next = found + member.utf8CodeUnitCount
        return cursorText(&next, bytes + count)
    }

    private static func text(_ string: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(string.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
