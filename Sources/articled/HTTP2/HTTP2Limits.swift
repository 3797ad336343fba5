import NIOCore
import NIOHTTP2

/// What one client may do with an HTTP/2 connection, which can carry many requests at once.
struct HTTP2Limits: Sendable {
    /// Requests under way at once.
    var streams = 100
    /// Requests that may be taken back within half a minute (CVE-2023-44487).
    var resets = 200
    /// Pings, settings and priorities that may be sent within half a minute.
    var controlFrames = 200
    /// Longest header of a request, in bytes, names and values together.
    var headerBytes = 16 * 1024
    /// After how long a client that takes nothing of an answer is cut off.
    var stallTimeout = TimeAmount.seconds(60)

    private static let window = TimeAmount.seconds(30)
    private static let frameBytes = 16 * 1024

    var connection: NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        // What is a little over the limit can be answered, and is; what is far over it ends the connection.
        let listBytes = 2 * headerBytes
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: listBytes),
        ]
        // As many as such a header needs, and no more without end (CVE-2024-27316).
        configuration.maximumSequentialContinuationFrames = listBytes / Self.frameBytes + 2
        configuration.controlFrameRateLimit.maximumCount = controlFrames
        configuration.controlFrameRateLimit.windowLength = Self.window
        return configuration
    }

    var stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.outboundBufferSizeHighWatermark = 64 * 1024
        configuration.outboundBufferSizeLowWatermark = 32 * 1024
        configuration.streamResetFrameRateLimit.maximumCount = resets
        configuration.streamResetFrameRateLimit.windowLength = Self.window
        configuration.streamErrorRateLimit.maximumCount = resets
        configuration.streamErrorRateLimit.windowLength = Self.window
        return configuration
    }
}
