# Rack: parameters of body and query, cookies, JSON, Basic.
require 'rack'
require 'rack/auth/basic'
require_relative 'readings'

run(lambda do |env|
  request = Rack::Request.new(env)
  return [404, {}, []] unless Rack::Utils.unescape_path(request.path_info).chomp('/') == '/login'

  basic = Rack::Auth::Basic::Request.new(env)
  body = request.body.read
  request.body.rewind
  readings = Readings.gather(
    -> { Readings.read('POST', request.POST) },
    -> { Readings.read('query', request.GET) },
    -> { Readings.read('params', request.params) },
    -> { Readings.read('json of any type', JSON.parse(body)) },
    -> { basic.provided? && basic.basic? && Readings.reading('basic', 'basic', *basic.credentials) || [] }
  )
  answer = JSON.generate(readings)
  [200, { 'content-type' => 'application/json', 'content-length' => answer.bytesize.to_s }, [answer]]
end)
