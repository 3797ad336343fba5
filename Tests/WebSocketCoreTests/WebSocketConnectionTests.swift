import NIOCore
import Testing

@testable import WebSocketCore

/// A client's frame with a fixed masking key.
private func frame(
    _ opcode: UInt8, _ payload: [UInt8] = [], final: Bool = true, reserved: UInt8 = 0, masked: Bool = true
) -> [UInt8] {
    let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    var bytes: [UInt8] = [(final ? 0x80 : 0) | reserved | opcode]
    let mask: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: bytes.append(mask | UInt8(payload.count))
    case ..<65_536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [mask | 127] + (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
    }
    if masked { bytes += key }
    return bytes + payload.enumerated().map { masked ? $1 ^ key[$0 & 3] : $1 }
}

private func actions(_ bytes: [UInt8], chunk: Int = .max, limit: Int = 4096) -> [WebSocketConnection.Action] {
    var connection = WebSocketConnection(maxMessageBytes: limit)
    var actions: [WebSocketConnection.Action] = []
    var position = 0
    while position < bytes.count {
        let end = position + min(chunk, bytes.count - position)
        connection.receive(ByteBuffer(bytes: bytes[position..<end]).readableBytesView)
        while let action = connection.next() { actions.append(action) }
        position = end
    }
    return actions
}

private func failure(_ bytes: [UInt8]) -> WebSocketCloseCode? {
    guard case .fail(let code, _) = actions(bytes).last else { return nil }
    return code
}

@Suite("What a server reads from a client")
struct WebSocketConnectionTests {
    @Test("a text message arrives whole, however its bytes are split", arguments: [1, 2, 3, 7, 1000])
    func splitting(chunk: Int) {
        let bytes = frame(1, Array("grüße".utf8)) + frame(9, [1, 2]) + frame(1, Array(repeating: 65, count: 300))
        #expect(
            actions(bytes, chunk: chunk) == [
                .text("grüße"), .pong([1, 2]), .text(String(repeating: "A", count: 300)),
            ])
    }

    @Test("fragments are put together, with control frames between them")
    func fragments() {
        let bytes =
            frame(1, Array("a".utf8), final: false) + frame(9, [7]) + frame(0, Array("b".utf8), final: false)
            + frame(0, Array("c".utf8))
        #expect(actions(bytes) == [.pong([7]), .text("abc")])
    }

    @Test("a character may be split over fragments")
    func splitCharacter() {
        let bytes = frame(1, [0xC3], final: false) + frame(0, [0xBC])
        #expect(actions(bytes) == [.text("ü")])
    }

    @Test("an unmasked frame is a protocol error as soon as its second byte is there")
    func unmasked() {
        #expect(failure(Array(frame(1, [65], masked: false).prefix(2))) == .protocolError)
    }

    @Test("reserved bits are a protocol error", arguments: [0x10, 0x20, 0x40] as [UInt8])
    func reservedBits(bit: UInt8) {
        #expect(failure(frame(1, [65], reserved: bit)) == .protocolError)
    }

    @Test("reserved opcodes are a protocol error", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func reservedOpcodes(opcode: UInt8) {
        #expect(failure(frame(opcode)) == .protocolError)
    }

    @Test("a fragmented control frame is a protocol error", arguments: [8, 9, 10] as [UInt8])
    func fragmentedControl(opcode: UInt8) {
        #expect(failure(frame(opcode, final: false)) == .protocolError)
    }

    @Test("a control frame of more than 125 bytes is a protocol error")
    func longControl() {
        #expect(failure(frame(9, Array(repeating: 0, count: 126))) == .protocolError)
    }

    @Test("a continuation of nothing, and a new message inside one, are protocol errors")
    func wrongFragments() {
        #expect(failure(frame(0, [65])) == .protocolError)
        #expect(failure(frame(1, [65], final: false) + frame(1, [66])) == .protocolError)
    }

    @Test("a length that is longer than need be is a protocol error")
    func overlongLength() {
        #expect(failure([0x81, 0xFE, 0, 5, 0, 0, 0, 0]) == .protocolError)
        #expect(failure([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0]) == .protocolError)
        #expect(failure([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]) == .protocolError)
    }

    @Test("a message over the limit is refused by its header, also in fragments")
    func tooLong() {
        #expect(failure(Array(frame(1, Array(repeating: 65, count: 4097)).prefix(4))) == .messageTooBig)
        let half = Array(repeating: UInt8(65), count: 2049)
        #expect(failure(frame(1, half, final: false) + frame(0, half)) == .messageTooBig)
        #expect(actions(frame(1, Array(repeating: 65, count: 4096))).count == 1)
    }

    @Test("binary is refused, invalid UTF-8 is refused")
    func data() {
        #expect(failure(frame(2, [1])) == .unacceptableData)
        #expect(failure(frame(1, [0xC3, 0x28])) == .invalidPayload)
        #expect(failure(frame(1, [0xED, 0xA0, 0x80])) == .invalidPayload)
    }

    @Test("a close is answered with its code; after it nothing is read")
    func close() {
        #expect(actions(frame(8, [0x03, 0xE8]) + frame(9, [1])) == [.close(.normal)])
        #expect(actions(frame(8)) == [.close(nil)])
        #expect(actions(frame(8, [0x0B, 0xB8] + Array("bye".utf8))) == [.close(WebSocketCloseCode(rawValue: 3000))])
    }

    @Test(
        "close codes that must not be sent are protocol errors",
        arguments: [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
    func closeCodes(code: Int) {
        #expect(failure(frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)])) == .protocolError)
    }

    @Test("a close payload of one byte, or a reason that is no UTF-8, is refused")
    func closePayload() {
        #expect(failure(frame(8, [3])) == .protocolError)
        #expect(failure(frame(8, [3, 0xE8, 0xFF])) == .invalidPayload)
    }
}
