import ArgumentParser
import NIOCore
import NIOHTTP2
import NIOSSL
import Testing

@testable import articled

@Suite("Why a handshake failed")
struct HandshakeFailureTests {
    @Test("a client that only looks whether the port is open is none")
    func openPort() {
        #expect(HandshakeFailure(NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake]))) == nil)
        #expect(HandshakeFailure(IOError(errnoCode: 104, reason: "read")) == nil)
    }

    @Test("what can't be told apart is no handshake at all")
    func rubbish() {
        #expect(HandshakeFailure(NIOSSLError.readInInvalidTLSState) == .other)
    }
}

@Suite("The limits of HTTP/2")
struct HTTP2LimitsTests {
    @Test("a header as long as is allowed needs no more frames than are", arguments: [1024, 16 * 1024, 1024 * 1024])
    func continuations(headerBytes: Int) {
        let connection = HTTP2Limits(headerBytes: headerBytes).connection
        #expect(connection.maximumSequentialContinuationFrames * 16 * 1024 >= headerBytes)
        #expect(connection.maximumSequentialContinuationFrames <= headerBytes / 8192 + 2)
    }

    @Test(
        "which of them ended a connection is told by the library's error",
        arguments: [
            (NIOHTTP2Errors.maxStreamsViolation() as any Error, HTTP2End.Reason.streams),
            (NIOHTTP2Errors.excessiveRSTFrames(), .resets), (NIOHTTP2Errors.excessiveStreamErrors(), .resets),
            (NIOHTTP2Errors.excessiveControlFrames(), .controlFrames),
            (NIOHTTP2Errors.excessiveOutboundFrameBuffering(), .controlFrames),
            (NIOHTTP2Errors.excessivelyLargeHeaderBlock(), .header),
            (NIOHTTP2Errors.excessiveContinuationFrames(), .header), (NIOHTTP2Errors.badClientMagic(), .invalid),
        ])
    func ends(error: any Error, reason: HTTP2End.Reason) {
        #expect(HTTP2End.Reason(error) == reason)
    }

    @Test("HSTS is said with TLS only, and can be left out")
    func hsts() throws {
        #expect(try TLSOptions.parse([]).strictTransportSecurity == nil)
        let pair = ["--tls-cert", "c", "--tls-key", "k"]
        #expect(try TLSOptions.parse(pair).strictTransportSecurity == "max-age=31536000")
        #expect(try TLSOptions.parse(pair + ["--hsts", "0"]).strictTransportSecurity == nil)
    }
}
