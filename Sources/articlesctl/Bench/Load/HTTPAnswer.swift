/// The head of an HTTP answer, as much as a publisher must know.
struct HTTPAnswer: Equatable {
    let status: Int
    /// Of the head, its empty line included.
    let headBytes: Int
    /// Of the content; `nil` if only the end of the connection tells, or its chunks.
    let contentLength: Int?
    let isChunked: Bool
    let closes: Bool

    /// - Returns: `nil` while the head is not complete.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let end = Self.end(bytes) else { return nil }
        headBytes = end
        var (status, length, isChunked, closes): (Int, Int?, Bool, Bool) = (0, nil, false, false)
        var line = 0
        for (number, index) in bytes[..<end].indices(where: { $0 == 10 }).ranges.map(\.lowerBound).enumerated() {
            let text = UnsafeBufferPointer(rebasing: bytes[line..<index])
            line = index + 1
            if number == 0 {
                status = Self.number(text.dropFirst(9).prefix(3)) ?? 0
            } else if Self.begins(text, "content-length:") {
                length = Self.number(text.dropFirst(15))
            } else if Self.begins(text, "transfer-encoding: chunked") {
                isChunked = true
            } else if Self.begins(text, "connection: close") {
                closes = true
            }
        }
        self.status = status
        contentLength = status == 204 || status == 304 ? 0 : length
        self.isChunked = isChunked
        self.closes = closes
    }

    /// Whether its content is there.
    ///
    /// - Parameter isAtEnd: nothing more comes on the connection.
    func isComplete(_ bytes: UnsafeBufferPointer<UInt8>, isAtEnd: Bool) -> Bool {
        if let length = contentLength { return bytes.count - headBytes >= length }
        return isChunked ? bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8) : isAtEnd
    }

    private static func end(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10 { return index + 1 }
            index += 1
        }
        return nil
    }

    private static func begins(_ line: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
        guard line.count >= name.utf8CodeUnitCount else { return false }
        for index in 0..<name.utf8CodeUnitCount {
            let byte = line[index]
            let lower = (65...90).contains(byte) ? byte | 32 : byte
            guard lower == name.utf8Start[index] else { return false }
        }
        return true
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> Int? {
        var number: Int?
        for byte in bytes where byte != 32 && byte != 13 {
            guard (48...57).contains(byte), (number ?? 0) < 1 << 40 else { return nil }
            number = (number ?? 0) * 10 + Int(byte) - 48
        }
        return number
    }
}
