import ArgumentParser
import NIOCore
import NIOHTTP2
import NIOSSL
import Testing

@testable import articled

@Suite("What the log says of TLS")
struct HandshakeReasonTests {
    @Test("a client that only looks whether the port is open is not worth a line")
    func openPort() {
        #expect(HandshakeReason.text(NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake]))) == nil)
        #expect(HandshakeReason.text(IOError(errnoCode: 104, reason: "read")) == nil)
    }

    @Test("what can't be told apart is no handshake at all")
    func rubbish() {
        #expect(HandshakeReason.text(NIOSSLError.readInInvalidTLSState) == "what the client sent is no TLS handshake")
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

    @Test("HSTS is said with TLS only, and can be left out")
    func hsts() throws {
        #expect(try TLSOptions.parse([]).strictTransportSecurity == nil)
        let pair = ["--tls-cert", "c", "--tls-key", "k"]
        #expect(try TLSOptions.parse(pair).strictTransportSecurity == "max-age=31536000")
        #expect(try TLSOptions.parse(pair + ["--hsts", "0"]).strictTransportSecurity == nil)
    }
}
