/// Takes the chunked transfer coding (RFC 9112 section 7.1) off bytes where they lie, piece by piece.
struct ChunkDecoder: Equatable {
    private enum State: Equatable {
        case size
        case untilLine
        case data
        case afterData
        case ended
        case malformed
    }

    private var state = State.size
    private var remaining = 0
    private var hasDigits = false

    /// The last chunk has come.
    var isEnded: Bool { state == .ended }
    var isMalformed: Bool { state == .malformed }

    /// Moves the content to the front.
    ///
    /// - Returns: how many bytes it has.
    mutating func decode(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        var (read, written) = (0, 0)
        while read < count {
            let byte = bytes[read]
            switch state {
            case .size:
                read += 1
                if let digit = Self.digit(byte) {
                    hasDigits = true
                    remaining = remaining << 4 | digit
                    if remaining > 1 << 40 { state = .malformed }
                } else if !hasDigits {
                    state = .malformed
                } else {
                    state = byte == 10 ? afterSize : .untilLine
                }
            case .untilLine:
                read += 1
                if byte == 10 { state = afterSize }
            case .data:
                let part = min(remaining, count - read)
                if written != read { (bytes + written).update(from: bytes + read, count: part) }
                written += part
                read += part
                remaining -= part
                if remaining == 0 { state = .afterData }
            case .afterData:
                read += 1
                if byte == 10 { (state, hasDigits) = (.size, false) }
            case .ended, .malformed:
                return written
            }
        }
        return written
    }

    private var afterSize: State { remaining == 0 ? .ended : .data }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case 48...57: Int(byte) - 48
        case 65...70: Int(byte) - 55
        case 97...102: Int(byte) - 87
        default: nil
        }
    }
}
