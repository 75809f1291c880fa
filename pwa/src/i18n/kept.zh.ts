// The desk's words where what a tablet keeps cannot be opened or upgraded, in Chinese.

export const keptZh = {
  'kept.title': '本机数据没能升级',
  'kept.lead': '程序更新了，本机数据没能转成新版本的格式。原来的数据都在，一点没动。',
  'kept.next': '请先再试一次。仍然不行，就解锁把未上传的内容导出，把文件和口令交给管理员；在这之前请不要清除浏览器数据。',
  'kept.who': '谁来导出？',
  'kept.nobody': '本机没有人设置过解锁码，不能导出。请联系管理员，不要清除浏览器数据。',
  'kept.nothing': '没有未上传的内容。草稿仍在本机，升级成功后可以继续填写。',
  'kept.unsent': '未上传 {count} 件，可以导出',
  'start.newer': '本机数据是新版本的',
  'start.newerHint': '现在的程序是旧版本。数据都在，没有改动。请联网刷新页面，换成新版本；仍然这样，请联系管理员。',
  'start.code': '代码 {code}',
} as const
