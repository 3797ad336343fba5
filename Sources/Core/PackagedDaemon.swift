/// The daemon that the Debian package installs.
public enum PackagedDaemon {
    /// Where it keeps its data, unless its settings say otherwise. It belongs to the account that the daemon runs as, and
    /// only that one and root may read it.
    public static let dataDirectory = "/var/lib/articled"
    /// Its settings.
    public static let configurationFile = "/etc/articled/articled.yaml"
}
