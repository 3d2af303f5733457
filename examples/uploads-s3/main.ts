import 'reflect-metadata';
import { Controller, Get, Module, Param, Post, Res, UploadedFile, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FileInterceptor } from '@nestjs/platform-express';
import { BlobContainer, BlobModule, BlobStore, blobStorage, sendBlob, type UploadedBlob } from '@rookery/blob';
import { s3Blobs } from '@rookery/blob/s3';
import type { Request, Response } from 'express';

// Uploads stream into a bucket, and out of it again from whatever replica; credentials as the AWS SDK finds them.
//   S3_BUCKET=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… node examples/dist/uploads-s3/main.js

@BlobContainer('pictures', { maxBytes: 5_000_000, contentTypes: ['image/*'] })
class Pictures extends BlobStore {}

const storage = blobStorage(Pictures, { name: (request: Request) => String(request.params.name), overwrite: true });

@Controller('pictures')
class PicturesController {
  constructor(private readonly pictures: Pictures) {}

  @Get()
  list() {
    return this.pictures.list();
  }

  @Post(':name')
  @UseInterceptors(FileInterceptor('file', { storage }))
  put(@UploadedFile() file: UploadedBlob) {
    return file.blob;
  }

  @Get(':name')
  async get(@Param('name') name: string, @Res() response: Response): Promise<void> {
    await sendBlob(response, this.pictures, name);
  }
}

const { S3_BUCKET: bucket = 'pictures', S3_ENDPOINT: endpoint, AWS_REGION: region = 'us-east-1' } = process.env;

@Module({
  imports: [
    BlobModule.forRoot({
      driver: s3Blobs({ bucket, client: { region, endpoint, forcePathStyle: Boolean(endpoint) } }),
    }),
    BlobModule.forFeature([Pictures]),
  ],
  controllers: [PicturesController],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
