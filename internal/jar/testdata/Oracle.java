import java.io.File;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** Says what Java finds in JARs, one line for each: its attributes, or "refused". */
public final class Oracle {
    public static void main(String[] paths) {
        for (String path : paths) {
            System.out.println(describe(path));
        }
    }

    private static String describe(String path) {
        try (JarFile jar = new JarFile(new File(path))) {
            Manifest manifest = jar.getManifest();
            Map<String, String> sorted = new TreeMap<>();
            if (manifest != null) {
                for (Map.Entry<Object, Object> entry : manifest.getMainAttributes().entrySet()) {
                    sorted.put(entry.getKey().toString(), hex((String) entry.getValue()));
                }
            }
            Attributes main = manifest == null ? new Attributes() : manifest.getMainAttributes();
            String program = main.getValue("program-class");
            String mainClass = program != null ? program : main.getValue("Main-Class");
            return jar.size() + " " + jar.isMultiRelease() + " " + hex(mainClass == null ? "" : mainClass) + " " + sorted;
        } catch (IOException e) {
            return "refused";
        }
    }

    private static String hex(String text) {
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            out.append(String.format("%02x", b & 0xff));
        }
        return out.toString();
    }
}
