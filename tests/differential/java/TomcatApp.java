import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.Gson;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.servlet.MultipartConfigElement;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;
import org.springframework.web.bind.ServletRequestDataBinder;

/** Tomcat's parameters, Gson, Jackson, Spring's binder, and Basic as Spring Security decodes it. */
public final class TomcatApp extends HttpServlet {
    /** The fields of both kinds of endpoints. */
    public static final class Login {
        public Object user;
        public String password;
        public String grant_type;
    }

    /** A bean, as Spring binds it. */
    public static final class Bean {
        private String user;
        private String password;

        public String getUser() {
            return user;
        }

        public void setUser(String value) {
            user = value;
        }

        public String getPassword() {
            return password;
        }

        public void setPassword(String value) {
            password = value;
        }
    }

    private static final Gson GSON = new Gson();
    private static final ObjectMapper JACKSON = new ObjectMapper()
        .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
        .configure(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES, true);

    private interface Source {
        void read() throws Exception;
    }

    private static void attempt(Source source) {
        try {
            source.read();
        } catch (Exception | StackOverflowError unreadable) {
            // A source that cannot be read takes no other along.
        }
    }

    private static void add(List<Map<String, String>> all, String from, String at, Object user, Object password, Object grant) {
        if (password == null) {
            return;
        }
        Map<String, String> reading = new LinkedHashMap<>();
        reading.put("from", from);
        reading.put("at", at);
        reading.put("user", user == null ? null : user.toString().trim());
        reading.put("password", password.toString().trim());
        reading.put("grant", grant == null ? null : grant.toString().trim());
        all.add(reading);
    }

    private static void add(List<Map<String, String>> all, String from, Login login) {
        if (login == null) {
            return;
        }
        add(all, from, "web", login.user instanceof Map ? null : login.user, login.password, login.grant_type);
        if (login.user instanceof Map) {
            Map<?, ?> user = (Map<?, ?>) login.user;
            add(all, from, "nested", user.get("email"), user.get("password"), null);
        }
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        List<Map<String, String>> all = new ArrayList<>();
        String type = request.getContentType();
        boolean isForm = type != null && (type.toLowerCase().startsWith("application/x-www-form") || type.toLowerCase().startsWith("multipart/"));
        byte[] body = isForm ? new byte[0] : request.getInputStream().readAllBytes();
        attempt(() -> add(all, "params", "web", request.getParameter("user"), request.getParameter("password"), request.getParameter("grant_type")));
        attempt(() -> add(all, "params", "nested", request.getParameter("user[email]"), request.getParameter("user[password]"), null));
        attempt(() -> {
            Bean bean = new Bean();
            new ServletRequestDataBinder(bean).bind(request);
            add(all, "params", "web", bean.user, bean.password, request.getParameter("grant_type"));
        });
        attempt(() -> add(all, "gson", GSON.fromJson(new InputStreamReader(new ByteArrayInputStream(body), StandardCharsets.UTF_8), Login.class)));
        attempt(() -> add(all, "gson, text", GSON.fromJson(new StringReader(new String(body, StandardCharsets.UTF_8)), Login.class)));
        attempt(() -> add(all, "jackson", JACKSON.readValue(body, Login.class)));
        attempt(() -> {
            String header = request.getHeader("Authorization").trim();
            if (header.regionMatches(true, 0, "Basic ", 0, 6)) {
                String pair = new String(Base64.getDecoder().decode(header.substring(6).getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
                int colon = pair.indexOf(':');
                add(all, "basic", "basic", pair.substring(0, colon), pair.substring(colon + 1), null);
            }
        });
        byte[] answer = JACKSON.writeValueAsBytes(all);
        response.setContentType("application/json");
        response.setContentLength(answer.length);
        response.getOutputStream().write(answer);
    }

    public static void main(String[] arguments) throws Exception {
        File folder = java.nio.file.Files.createTempDirectory("tomcat").toFile();
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.getPath());
        tomcat.setHostname("127.0.0.1");
        tomcat.setPort(Integer.parseInt(System.getenv("PORT")));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        tomcat.getConnector().setProperty("parseBodyMethods", "POST,PUT,PATCH,DELETE");
        Context context = tomcat.addContext("", folder.getPath());
        context.setAllowCasualMultipartParsing(true);
        Wrapper wrapper = Tomcat.addServlet(context, "login", new TomcatApp());
        wrapper.setMultipartConfigElement(new MultipartConfigElement(folder.getPath()));
        context.addServletMappingDecoded("/login", "login");
        context.addServletMappingDecoded("/login/", "login");
        tomcat.start();
        tomcat.getServer().await();
    }
}
