/// The version of all that this project makes: its programs, their manual and their packages.
public enum ProjectVersion {
    public static let number = "1.0"
}
